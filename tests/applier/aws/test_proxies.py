"""Proxies in the environment: what is reached without one, and what a proxy that fails looks like."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from certificates import self_signed

from ecsplan.terms.observed import Aws
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions
from ecsplan_applier.aws.operations import GET_CALLER_IDENTITY
from ecsplan_applier.outcomes.errors import AwsError, SessionError
from ecsplan_applier.outcomes.explain import explain_call
from ecsplan_local import serve

SECRET = "hunter2secret"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Refusing(BaseHTTPRequestHandler):
    """A proxy, or an endpoint, that answers every request with 407."""

    def do_CONNECT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def explained(error: AwsError) -> str | None:
    found = explain_call("GetCallerIdentity", error.code, error.text)
    return None if found is None else found.name


def call(endpoint_url: str | None = None) -> None:
    gateway = SdkGateway(SessionOptions(region="eu-west-1", endpoint_url=endpoint_url))
    gateway.call(gateway.target(Aws()), GET_CALLER_IDENTITY, {})


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
@pytest.mark.parametrize("role", [None, "arn:aws:iam::111122223333:role/deploy"])
@pytest.mark.parametrize("where", ["option", "AWS_ENDPOINT_URL_STS"])
def test_an_endpoint_on_this_machine_is_reached_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str, role: str | None, where: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serve(runner="scripted", record=True) as endpoint:
        option = endpoint.url if where == "option" else None
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint.url)
        gateway = SdkGateway(SessionOptions(region="eu-west-1", endpoint_url=option))
        gateway.call(gateway.target(Aws(assume_role_arn=role)), GET_CALLER_IDENTITY, {})

        assert len(endpoint.calls("GetCallerIdentity")) == 1


def test_a_refusal_of_the_proxy_is_shown_without_its_password(
    monkeypatch: pytest.MonkeyPatch, server: ThreadingHTTPServer
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:{SECRET}@127.0.0.1:{server.server_port}")

    with pytest.raises(AwsError) as caught:
        call()

    assert caught.value.code == AwsError.NOT_REACHED
    assert "Tunnel connection failed: 407 Proxy Authentication Required" in caught.value.text
    assert SECRET not in caught.value.text
    assert explained(caught.value) == "proxy-failed"


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "socks5", "socks5h"])
def test_a_proxy_that_cannot_be_reached_is_shown_without_its_password(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://ann:{SECRET}@127.0.0.1:9")

    with pytest.raises(AwsError) as caught:
        call()

    assert caught.value.code == AwsError.NOT_REACHED
    assert SECRET not in caught.value.text
    assert explained(caught.value) == "proxy-failed"


@pytest.mark.parametrize(
    "proxy",
    [
        f"ann:{SECRET}",
        f"http://ann:{SECRET}/x@127.0.0.1:9",
        f"http://[{SECRET}",
        f"http://ann:{SECRET}@127.0.0.1:99999",
    ],
)
def test_no_part_of_a_proxy_that_is_not_a_url_is_shown(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(
        SessionError, match="the proxy in the environment is not an http or https URL"
    ) as caught:
        call()

    assert SECRET not in str(caught.value)
    assert not caught.value.passing


@pytest.mark.parametrize("bundle", [None, "missing", "not certificates"])
def test_a_certificate_that_is_not_trusted_names_the_bundle_that_is_to_have_it(
    monkeypatch: pytest.MonkeyPatch, server: ThreadingHTTPServer, tmp_path: Path, bundle: str | None
) -> None:
    context, _ = self_signed(tmp_path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    if bundle is not None:
        path = tmp_path / "bundle.pem"
        monkeypatch.setenv("AWS_CA_BUNDLE", str(path))
        if bundle != "missing":
            path.write_text("nothing\n", "utf-8")

    with pytest.raises(AwsError) as caught:
        call(endpoint_url=f"https://127.0.0.1:{server.server_port}")

    assert caught.value.code == AwsError.NOT_REACHED
    assert explained(caught.value) == "certificate-not-trusted"


def test_a_certificate_in_the_bundle_is_trusted(
    monkeypatch: pytest.MonkeyPatch, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    context, certificate = self_signed(tmp_path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))

    with pytest.raises(AwsError) as caught:
        call(endpoint_url=f"https://127.0.0.1:{server.server_port}")

    assert caught.value.code == AwsError.BAD_ANSWER
