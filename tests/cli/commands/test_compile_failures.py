"""What cannot be asked, or is not there: one message with the thing and the way out, 125, nothing written."""

import socket
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from aws_world import Aws
from click.testing import Result
from ec2_network import ec2_network

from ecsplan.compile import begin, read_jobs, with_answers
from ecsplan.terms.observed import Observed
from ecsplan_applier.aws.gateway import SessionOptions
from ecsplan_applier.observing.observe_jobs import observe
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import AwsError

HELLO = "name: hello\nimage: alpine\n"
OLD = "the plan of yesterday"


class JumpingClock:
    """Time that stands still while calls are made, and jumps to the end of each pause."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def elapsed(self) -> float:
        return self.time

    def wait(self, mail: "SimpleQueue[object]", seconds: float | None) -> object:
        try:
            return mail.get_nowait()
        except Empty:
            self.time += seconds or 0.0
            return None


def refused(aws: Aws, manifest: str, *arguments: str, **environment: str | None) -> Result:
    """Compile a manifest to standard output and into a file, in vain; return what the command said."""
    aws.write("job.yaml", manifest)
    aws.write("plan.json", OLD)
    for target in ((), ("-o", "plan.json")):
        done = aws.run("compile", "job.yaml", *target, *arguments, **environment)
        assert (done.exit_code, done.stdout) == (125, ""), done.stderr
    assert (aws.folder / "plan.json").read_text("utf-8") == OLD
    assert not list(aws.folder.glob(".plan.json*"))
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert "\n  help: " in done.stderr
    return done


@pytest.fixture
def nobody() -> Iterator[str]:
    """Return an address on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_no_credentials(aws: Aws) -> None:
    done = refused(aws, HELLO, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)

    assert done.stderr == (
        "error: DescribeTaskDefinition: Unable to locate credentials\n"
        "  help: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile;"
        " --local needs no account\n"
    )


def test_no_region(aws: Aws) -> None:
    done = refused(aws, HELLO, AWS_REGION=None)

    assert "no region: neither --region, nor the manifest's aws.region, nor AWS_REGION" in done.stderr
    assert done.stderr.endswith(
        "\n  help: give --region or set AWS_REGION; --local needs neither region nor account\n"
    )


def test_no_such_profile(aws: Aws) -> None:
    done = refused(aws, HELLO + "aws: {profile: batch}\n", AWS_REGION=None)

    assert "The config profile (batch) could not be found" in done.stderr


def test_unreachable(aws: Aws, nobody: str) -> None:
    done = refused(aws, HELLO + "network_configuration: {subnets: [subnet-1]}", "--endpoint-url", nobody)

    assert "DescribeTaskDefinition of task definition hello: NotReached: " in done.stderr
    assert nobody in done.stderr


@pytest.mark.parametrize(
    ("operation", "code", "status", "thing"),
    [
        pytest.param("DescribeTaskDefinition", "ExpiredTokenException", 400, "hello", id="token expired"),
        pytest.param("DescribeTaskDefinition", "UnrecognizedClientException", 400, "hello", id="key unknown"),
        pytest.param("DescribeTaskDefinition", "InvalidSignatureException", 400, "hello", id="wrong secret"),
        pytest.param("DescribeTaskDefinition", "AccessDeniedException", 400, "hello", id="family denied"),
        pytest.param("DescribeVpcs", "UnauthorizedOperation", 403, "the default VPC", id="VPC denied"),
        pytest.param("DescribeSubnets", "UnauthorizedOperation", 403, "VPC vpc-", id="subnets denied"),
        pytest.param("GetCallerIdentity", "AccessDenied", 403, "the credentials", id="account denied"),
    ],
)
def test_refused(aws: Aws, operation: str, code: str, status: int, thing: str) -> None:
    rule = {"operation": operation, "action": "error", "code": code, "status": status, "message": "because"}
    aws.endpoint.set_faults({"rules": [rule]})

    done = refused(aws, HELLO + "aws: {account_id: '000000000000'}\n")

    assert f"{operation} of " in done.stderr
    assert thing in done.stderr
    assert f"{code}: because" in done.stderr
    assert len(aws.endpoint.calls(operation)) == 2  # once for each of the two compiles


def test_a_role_that_may_not_be_assumed(aws: Aws) -> None:
    rule = {
        "operation": "AssumeRole",
        "action": "error",
        "code": "AccessDenied",
        "status": 403,
        "message": "no",
    }
    aws.endpoint.set_faults({"rules": [rule]})

    done = refused(aws, HELLO + "aws: {assume_role_arn: 'arn:aws:iam::111122223333:role/deploy'}\n")

    role = "arn:aws:iam::111122223333:role/deploy"
    assert done.stderr.startswith(f"error: AssumeRole of {role}: AccessDenied: no\n")


ROLE = "arn:aws:iam::444455556666:role/deploy"


@pytest.mark.parametrize(
    ("caller", "account", "words"),
    [
        pytest.param("", "000000000000", "", id="of the environment"),
        pytest.param(", profile: test", "000000000000", " with profile test", id="of a profile"),
        pytest.param(
            f", assume_role_arn: {ROLE}", "444455556666", f" with assume_role_arn {ROLE}", id="of a role"
        ),
    ],
)
def test_another_account(aws: Aws, caller: str, account: str, words: str) -> None:
    keys = "[profile test]\naws_access_key_id = test\naws_secret_access_key = test\n"
    config = aws.folder / aws.write("config", keys)

    manifest = HELLO + f"aws: {{account_id: '111122223333'{caller}}}\n"
    done = refused(aws, manifest, AWS_CONFIG_FILE=str(config))

    named = f"a manifest names aws.account_id 111122223333{words}\n"
    assert f"error: the credentials are for account {account}, and {named}" in done.stderr


def test_no_default_vpc(aws: Aws) -> None:
    with ec2_network({}, None) as (url, _):
        done = refused(aws, HELLO, AWS_ENDPOINT_URL_EC2=url)

    assert "DescribeVpcs: the account has no default VPC in us-east-1" in done.stderr
    assert "vpc_id" in done.stderr


def test_no_such_vpc(aws: Aws) -> None:
    done = refused(aws, HELLO + "vpc_id: vpc-0123456789abcdef0\n")

    assert "DescribeVpcs: there is no VPC vpc-0123456789abcdef0 in us-east-1" in done.stderr


def test_a_vpc_without_subnets(aws: Aws) -> None:
    with ec2_network({"vpc-0": {}}, "vpc-0") as (url, _):
        done = refused(aws, HELLO, AWS_ENDPOINT_URL_EC2=url)

    assert "VPC vpc-0 has no subnets in us-east-1" in done.stderr


def test_a_linked_definition_that_does_not_exist(aws: Aws) -> None:
    done = refused(aws, "task_definition_arn: web:7\n")

    assert "DescribeTaskDefinition: task_definition_arn web:7 does not exist in us-east-1" in done.stderr


@pytest.mark.parametrize("reference", ["web:1", "web"])
def test_a_linked_definition_that_is_inactive(aws: Aws, reference: str) -> None:
    container = {"name": "app", "image": "alpine", "memory": 64}
    aws.client().register_task_definition(family="web", containerDefinitions=[container])
    aws.client().deregister_task_definition(taskDefinition="web:1")

    done = refused(aws, f"task_definition_arn: {reference}\nlaunch_type: EC2\n")

    assert f"task_definition_arn {reference} " in done.stderr


def test_a_linked_definition_of_another_region(aws: Aws) -> None:
    arn = "arn:aws:ecs:eu-west-1:000000000000:task-definition/web:1"

    done = refused(aws, f"task_definition_arn: {arn}\n")

    assert f"task_definition_arn {arn} is in eu-west-1, and the job runs in us-east-1" in done.stderr


def test_a_linked_definition_of_another_account(aws: Aws) -> None:
    arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1"
    rule = {"operation": "DescribeTaskDefinition", "action": "error", "code": "AccessDeniedException"}
    aws.endpoint.set_faults({"rules": [rule]})

    done = refused(aws, f"task_definition_arn: {arn}\n")

    assert f"{arn} (of account 111122223333: check that these credentials are, too): " in done.stderr


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"action": "throttle"}, id="throttled"),
        pytest.param({"action": "error", "code": "ServerException"}, id="broken"),
        pytest.param({"action": "reset-before"}, id="cut off"),
    ],
)
def test_a_question_that_is_never_answered(aws: Aws, rule: dict[str, object], bare: Path) -> None:
    aws.endpoint.set_faults({"rules": [{"operation": "DescribeTaskDefinition", **rule}]})
    clock = JumpingClock()
    observer = Observer(SessionOptions(), clock=clock, workers=0)
    compilation = begin(read_jobs(HELLO, file="hello.yaml"), Observed())

    with pytest.raises(AwsError, match="DescribeTaskDefinition of task definition hello: ") as raised:
        observe(compilation, with_answers, observer)

    assert raised.value.exit_status == 125
    assert 10 <= len(aws.endpoint.calls("DescribeTaskDefinition")) <= 50
    assert clock.time <= 60


def test_could_not_ask_is_no_first_revision(aws: Aws) -> None:
    """A ClientException with another text than "unable to describe" is a refusal, not an empty family."""
    rule = {
        "operation": "DescribeTaskDefinition",
        "action": "error",
        "code": "ClientException",
        "message": "busy",
    }
    aws.endpoint.set_faults({"rules": [rule]})

    aws.write("job.yaml", HELLO)
    done = aws.run("compile", "job.yaml")

    assert (done.exit_code, done.stdout) == (125, "")
    assert "ClientException: busy" in done.stderr
