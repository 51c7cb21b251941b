"""The way to AWS: which region, endpoint, profile and role, and what the SDK's own errors become."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ecsplan.terms.observed import AskLatest, Aws
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions
from ecsplan_applier.aws.operations import (
    DESCRIBE_TASK_DEFINITION,
    GET_CALLER_IDENTITY,
    REGISTER_TASK_DEFINITION,
    RUN_TASK,
)
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, SessionError
from ecsplan_local import Endpoint, serve

ROLE = "arn:aws:iam::210987654321:role/deploy"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def endpoint() -> object:
    with serve(runner="scripted", record=True) as running:
        yield running


@pytest.mark.parametrize(
    ("options", "aws", "environment", "region"),
    [
        pytest.param(SessionOptions("a-a-1"), Aws("b-b-1"), {"AWS_REGION": "c-c-1"}, "a-a-1", id="option"),
        pytest.param(SessionOptions(), Aws("b-b-1"), {"AWS_REGION": "c-c-1"}, "b-b-1", id="manifest"),
        pytest.param(
            SessionOptions(default_region="d-d-1"), Aws(), {"AWS_REGION": "c-c-1"}, "d-d-1", id="default"
        ),
        pytest.param(
            SessionOptions(), Aws(), {"AWS_REGION": "c-c-1", "AWS_DEFAULT_REGION": "e-e-1"}, "c-c-1",
            id="AWS_REGION",
        ),
        pytest.param(SessionOptions(), Aws(), {"AWS_DEFAULT_REGION": "e-e-1"}, "e-e-1", id="older variable"),
    ],
)  # fmt: skip
def test_the_region_is_the_first_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
    options: SessionOptions,
    aws: Aws,
    environment: dict[str, str],
    region: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert SdkGateway(options).target(aws).region == region


def test_the_region_may_stand_in_the_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile work]\nregion = eu-north-1\n", encoding="utf-8")

    assert SdkGateway(SessionOptions(profile="work")).target(Aws()).region == "eu-north-1"
    assert SdkGateway().target(Aws(profile="work")).region == "eu-north-1"


def test_the_endpoint_is_the_options_then_the_manifests_then_the_sdks(
    monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint
) -> None:
    manifest = Aws("us-east-1", endpoint_url="http://127.0.0.1:2")

    assert SdkGateway(SessionOptions(endpoint_url=endpoint.url)).target(manifest).endpoint_url == endpoint.url
    assert SdkGateway().target(manifest).endpoint_url == "http://127.0.0.1:2"

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    gateway = SdkGateway(SessionOptions(static_credentials=("a", "b")))
    gateway.call(gateway.target(Aws("us-east-1")), GET_CALLER_IDENTITY, {})
    assert len(endpoint.calls("GetCallerIdentity")) == 1


def test_a_role_is_assumed_with_the_sources_credentials_and_once(
    monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "source")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    gateway = SdkGateway(SessionOptions(endpoint_url=endpoint.url))
    target = gateway.target(Aws("us-east-1", assume_role_arn=ROLE))

    accounts = [gateway.call(target, GET_CALLER_IDENTITY, {})["Account"] for _ in range(3)]

    assert accounts == ["210987654321"] * 3
    assumed = endpoint.calls("AssumeRole")
    assert [each.parameters["RoleArn"] for each in assumed] == [ROLE]


def test_a_role_that_cannot_be_assumed_is_named(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "source")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    denied = {"operation": "AssumeRole", "action": "error", "code": "AccessDenied", "message": f"not {ROLE}"}
    endpoint.set_faults({"rules": [denied]})
    gateway = SdkGateway(SessionOptions(endpoint_url=endpoint.url))

    with pytest.raises(AwsError, match=ROLE):
        gateway.call(gateway.target(Aws("us-east-1", assume_role_arn=ROLE)), GET_CALLER_IDENTITY, {})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(SessionOptions(region="us-east-1"), "--local needs no account", id="no credentials"),
        pytest.param(SessionOptions(region="us-east-1", profile="nope"), "list-profiles", id="no profile"),
        pytest.param(
            SessionOptions("us east", static_credentials=("a", "b")), "check the SDK's", id="odd region"
        ),
        pytest.param(
            SessionOptions(region="us-east-1", endpoint_url="nonsense", static_credentials=("a", "b")),
            "Invalid endpoint", id="odd endpoint",
        ),
    ],
)  # fmt: skip
def test_settings_that_do_not_hold_are_messages(options: SessionOptions, said: str) -> None:
    gateway = SdkGateway(options)

    with pytest.raises(SessionError, match=said):
        gateway.call(gateway.target(Aws()), GET_CALLER_IDENTITY, {})


def test_credentials_that_cannot_be_fetched_may_be_had_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile broken]\nregion = us-east-1\ncredential_process = false\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    gateway = SdkGateway(SessionOptions(profile="broken"))

    with pytest.raises(SessionError, match="get-caller-identity") as raised:
        gateway.call(gateway.target(Aws()), GET_CALLER_IDENTITY, {})

    assert raised.value.passing


def process_printing(tmp_path: Path, script: str) -> SdkGateway:
    """Return a gateway whose credentials come from a program, given as Python."""
    program = tmp_path / "credentials.py"
    program.write_text(script, encoding="utf-8")
    text = f"[profile made]\nregion = us-east-1\ncredential_process = {sys.executable} {program}\n"
    (tmp_path / "config").write_text(text, encoding="utf-8")
    return SdkGateway(SessionOptions(profile="made"))


def test_credentials_that_are_over_when_they_are_handed_out_are_a_message(tmp_path: Path) -> None:
    keys = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c"}
    gateway = process_printing(
        tmp_path, f"import json; print(json.dumps({keys | {'Expiration': '2020-01-01T00:00:00Z'}}))"
    )

    with pytest.raises(SessionError, match="returns expired credentials") as raised:
        gateway.call(gateway.target(Aws()), GET_CALLER_IDENTITY, {})

    assert raised.value.passing
    assert str(raised.value).startswith("GetCallerIdentity: ")


def test_what_a_program_for_credentials_says_is_masked(tmp_path: Path) -> None:
    gateway = process_printing(tmp_path, "raise SystemExit('cannot log in with VAULT_PASSWORD=hunter2')")

    with pytest.raises(SessionError, match="cannot log in") as raised:
        gateway.call(gateway.target(Aws()), GET_CALLER_IDENTITY, {})

    assert "hunter2" not in str(raised.value)


def test_a_profile_that_nobody_has_signed_in_to_names_its_session(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile made]\nregion = us-east-1\nsso_session = acme\nsso_account_id = 111122223333\n"
        "sso_role_name = Batch\n[sso-session acme]\nsso_region = us-east-1\n"
        "sso_start_url = https://acme.awsapps.com/start\n",
        encoding="utf-8",
    )
    gateway = SdkGateway(SessionOptions(profile="made"))

    with pytest.raises(SessionError, match="Token for acme does not exist\n  help: sign in with") as raised:
        gateway.call(gateway.target(Aws()), GET_CALLER_IDENTITY, {})

    assert raised.value.passing


def calling(endpoint: Endpoint, *, timeout_s: float = 30.0, trace: Any = None) -> Any:
    gateway = SdkGateway(
        SessionOptions(
            region="us-east-1",
            endpoint_url=endpoint.url,
            static_credentials=("a", "b"),
            call_timeout_s=timeout_s,
        ),
        trace=trace,
    )
    return lambda operation, **request: gateway.call(gateway.target(Aws()), operation, request)


@pytest.mark.parametrize(
    ("fault", "code", "lost"),
    [
        pytest.param({"action": "throttle"}, "ThrottlingException", False, id="throttled"),
        pytest.param({"action": "error"}, "ServerException", True, id="500"),
        pytest.param({"action": "error", "code": "ClientException"}, "ClientException", False, id="refused"),
        pytest.param({"action": "reset-before"}, AwsError.NO_ANSWER, True, id="reset"),
        # Longer than anybody waits; the endpoint does not, once it is closed.
        pytest.param({"action": "slow", "seconds": 60}, AwsError.TIMED_OUT, True, id="slow"),
    ],
)
def test_a_failed_call_says_whether_it_may_have_had_its_effect(
    endpoint: Endpoint, fault: dict[str, object], code: str, lost: bool
) -> None:
    endpoint.set_faults({"rules": [fault]})

    with pytest.raises(AwsError) as caught:
        calling(endpoint, timeout_s=0.2 if code == AwsError.TIMED_OUT else 30.0)(
            DESCRIBE_TASK_DEFINITION, taskDefinition="x"
        )

    assert (caught.value.code, caught.value.lost) == (code, lost)


def test_the_sdk_makes_each_call_once(endpoint: Endpoint) -> None:
    endpoint.set_faults({"rules": [{"action": "error"}]})

    with pytest.raises(AwsError):
        calling(endpoint)(DESCRIBE_TASK_DEFINITION, taskDefinition="x")

    assert len(endpoint.calls()) == 1


def test_nobody_listening_is_not_reached(endpoint: Endpoint) -> None:
    url = endpoint.url
    endpoint.close()

    with pytest.raises(AwsError) as caught:
        calling(endpoint)(DESCRIBE_TASK_DEFINITION, taskDefinition="x")

    assert (caught.value.code, caught.value.lost) == (AwsError.NOT_REACHED, False)
    assert url in str(caught.value)


def test_a_request_that_the_sdk_refuses_does_not_show_its_values(endpoint: Endpoint) -> None:
    overrides = {"containerOverrides": [{"name": "main", "environment": [{"name": "A", "value": 917263}]}]}

    with pytest.raises(AwsError) as caught:
        calling(endpoint)(RUN_TASK, taskDefinition="x", overrides=overrides)

    assert caught.value.code == AwsError.BAD_REQUEST
    assert "containerOverrides[0].environment[0].value" in str(caught.value)
    assert "917263" not in str(caught.value)


def test_requests_are_shown_with_what_looks_secret_masked(endpoint: Endpoint) -> None:
    shown: list[tuple[str, str]] = []
    environment = [{"name": "API_TOKEN", "value": "hunter2"}, {"name": "MODE", "value": "fast"}]
    containers = [{"name": "main", "image": "x", "memory": 64, "environment": environment}]

    calling(endpoint, trace=lambda *each: shown.append(each))(
        REGISTER_TASK_DEFINITION, family="hello", containerDefinitions=containers
    )

    assert shown[0][0] == "RegisterTaskDefinition"
    assert "hunter2" not in shown[0][1]
    assert '"value": "fast"' in shown[0][1]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>proxy</html>", id="a web page"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b'{"taskDefinition": "x"}', id="a text for a mapping"),
        pytest.param(b'{"taskDefinition": {"containerDefinitions": 7}}', id="a number for a list"),
        pytest.param(b'{"taskDefinition": {"registeredAt": "soon"}}', id="a text for a time"),
        pytest.param(b'{"taskDefinition": {"containerDefinitions": ["x"]}}', id="texts for mappings"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_no_answer_makes_a_traceback(answer: bytes, status: int) -> None:
    with Fixed(status, answer) as server:
        options = SessionOptions(
            region="us-east-1", endpoint_url=server.url, static_credentials=("a", "b"), call_timeout_s=30
        )
        with pytest.raises(ApplierError) as caught:
            Observer(options, clock=Hurried(), workers=0).answer([AskLatest(Aws(), "hello")])

    assert "DescribeTaskDefinition" in str(caught.value)


class Hurried:
    """A clock that waits for nothing."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def elapsed(self) -> float:
        return self._now

    def wait(self, mail: Any, seconds: float | None) -> Any:
        self._now += seconds or 0.0
        return None if mail.empty() else mail.get_nowait()


class Fixed:
    """A server that gives everybody the same answer."""

    def __init__(self, status: int, answer: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Fixed":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def described(definition: dict[str, object], **more: object) -> bytes:
    arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1"
    body = {"taskDefinitionArn": arn, "family": "web", "revision": 1, "status": "ACTIVE", **definition}
    return json.dumps({"taskDefinition": body, "tags": [], **more}).encode()


def test_a_described_definition_keeps_what_the_sdk_does_not_know() -> None:
    said = {
        "registeredAt": 1764288000.5,
        "tomorrow": {"a": [1, {"b": None}]},
        "nothing": None,
        "containerDefinitions": [
            {"name": "a", "image": "x", "memoryProtection": {"mode": "strict"}, "cpu": None},
            {"name": "b", "healthCheck": {"command": ["CMD", "x"], "startInterval": 0}},
        ],
        "volumes": [{"name": "v", "host": {"later": True}}],
    }
    with Fixed(200, described(said, later=1)) as server:
        gateway = SdkGateway(
            SessionOptions("us-east-1", endpoint_url=server.url, static_credentials=("a", "b"))
        )
        target = gateway.target(Aws())
        answer = gateway.call(target, DESCRIBE_TASK_DEFINITION, {"taskDefinition": "web"})

    found = answer["taskDefinition"]
    assert found["tomorrow"] == {"a": [1, {"b": None}]}
    assert "nothing" not in found
    assert found["registeredAt"].year == 2025
    assert found["containerDefinitions"] == [
        {"name": "a", "image": "x", "memoryProtection": {"mode": "strict"}},
        {"name": "b", "healthCheck": {"command": ["CMD", "x"], "startInterval": 0}},
    ]
    assert found["volumes"] == [{"name": "v", "host": {"later": True}}]
    assert set(answer) == {"taskDefinition", "tags", "later", "ResponseMetadata"}


def test_a_refused_description_holds_nothing_raw() -> None:
    answer = b'{"__type": "ClientException", "message": "Unable to describe task definition."}'
    with Fixed(400, answer) as server:
        gateway = SdkGateway(
            SessionOptions("us-east-1", endpoint_url=server.url, static_credentials=("a", "b"))
        )
        with pytest.raises(AwsError) as caught:
            gateway.call(gateway.target(Aws()), DESCRIBE_TASK_DEFINITION, {"taskDefinition": "web"})

    assert caught.value.code == "ClientException"


@pytest.mark.parametrize(
    ("operation", "request_", "unknown"),
    [
        (RUN_TASK, {"taskDefinition": "web", "count": 2}, ()),
        (RUN_TASK, {"taskDefinition": "web", "urgency": 1}, ("/urgency",)),
        (
            REGISTER_TASK_DEFINITION,
            {"family": "f", "containerDefinitions": [{"name": "a", "x/y": 1, "dockerLabels": {"z": "z"}}]},
            ("/containerDefinitions/0/x~1y",),
        ),
    ],
)
def test_members_that_the_sdk_does_not_know(operation: Any, request_: Any, unknown: tuple[str, ...]) -> None:
    gateway = SdkGateway(SessionOptions("us-east-1", static_credentials=("a", "b")))

    assert gateway.unknown(gateway.target(Aws()), operation, request_) == unknown


def test_one_session_makes_clients_of_s3_beside_others(endpoint: Endpoint) -> None:
    gateway = SdkGateway(
        SessionOptions("us-east-1", endpoint_url=endpoint.url, static_credentials=("a", "b"))
    )
    first = gateway.target(Aws())
    targets = [first, first.in_region("eu-west-1")]

    found = [gateway.connection(each, service).region for each in targets for service in ("ecs", "s3")]

    assert found == ["us-east-1", "us-east-1", "eu-west-1", "eu-west-1"]
