"""Secrets and parameters: they exist, and their values are not read."""

from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.secrets import secret_exists, secrets

CHECK = Check(secret_exists, over=secrets)
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-AbCdEf"
PARAMETER = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter"
ROLE = f"execution_role_arn: arn:aws:iam::{ACCOUNT}:role/run\n"
MISSING = AwsError(
    "DescribeSecret", "ResourceNotFoundException", "can't find the specified secret.", status=400
)


def manifest(source: str) -> str:
    return f"image: alpine:3\n{ROLE}secrets:\n  PASSWORD: '{source}'\n"


def secret(**members: Any) -> dict[str, Any]:
    return {"ARN": SECRET, "VersionIdsToStages": {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"]}, **members}


@pytest.mark.parametrize(
    ("suffix", "answer", "state", "message"),
    [
        pytest.param("", secret(), "ok", "secret db-AbCdEf exists", id="there"),
        pytest.param(
            ":key::",
            secret(),
            "ok",
            "secret db-AbCdEf exists; whether it has the key key cannot be seen without reading it",
            id="a json key",
        ),
        pytest.param("::AWSPREVIOUS:", secret(), "ok", "secret db-AbCdEf exists", id="a stage"),
        pytest.param(":::v1", secret(), "ok", "secret db-AbCdEf exists", id="a version"),
        pytest.param("", MISSING, "fails", "secret db-AbCdEf does not exist in us-east-1", id="missing"),
        pytest.param(
            "",
            secret(DeletedDate="2026-01-01"),
            "fails",
            "secret db-AbCdEf is scheduled for deletion, and cannot be read",
            id="deleted",
        ),
        pytest.param(
            "::BLUE:",
            secret(),
            "fails",
            "secret db-AbCdEf has no version with the stage BLUE",
            id="no such stage",
        ),
        pytest.param(":::v9", secret(), "fails", "secret db-AbCdEf has no version v9", id="no such version"),
        pytest.param(
            "::AWSCURRENT:v1",
            secret(),
            "fails",
            "secret db-AbCdEf has no version with the stage AWSCURRENT",
            id="a version of another stage",
        ),
        pytest.param(
            "", secret(VersionIdsToStages={}), "fails", "secret db-AbCdEf has no value", id="without a value"
        ),
        pytest.param(
            "",
            denied("DescribeSecret"),
            "unknown",
            "secret db-AbCdEf: DescribeSecret is denied",
            id="denied",
        ),
    ],
)
def test_a_secret_exists(suffix: str, answer: Said, state: str, message: str) -> None:
    found = found_by(CHECK, manifest(SECRET + suffix), {"DescribeSecret": answer})

    (finding,) = found.findings
    assert (finding.state, finding.check, finding.message) == (state, "secret-exists", message)
    assert (finding.location.line, finding.location.column) == (4, 13)
    assert found.requests == (("DescribeSecret", {"SecretId": SECRET}),)


@pytest.mark.parametrize(
    ("source", "known", "state", "message"),
    [
        pytest.param("/app/db", ["/app/db"], "ok", "parameter /app/db exists", id="by name"),
        pytest.param(f"{PARAMETER}/app/db", ["/app/db"], "ok", "parameter /app/db exists", id="by arn"),
        pytest.param(f"{PARAMETER}/db", ["db"], "ok", "parameter db exists", id="without a path"),
        pytest.param(f"{PARAMETER}/db", ["/db"], "ok", "parameter db exists", id="with a slash alone"),
        pytest.param(
            "/app/db",
            ["/app/db2", "/app"],
            "fails",
            "parameter /app/db does not exist in us-east-1",
            id="missing",
        ),
        pytest.param(
            f"{PARAMETER}/app/db".replace("us-east-1", "eu-west-1"),
            [],
            "fails",
            "parameter /app/db does not exist in eu-west-1",
            id="in another region",
        ),
    ],
)
def test_a_parameter_exists(source: str, known: list[str], state: str, message: str) -> None:
    answer = {"Parameters": [{"Name": each, "Type": "SecureString"} for each in known]}

    found = found_by(CHECK, manifest(source), {"DescribeParameters": answer})

    assert [(each.state, each.message) for each in found.findings] == [(state, message)]
    assert [name for name, _ in found.requests] == ["DescribeParameters"]


def test_a_parameter_that_may_not_be_described_is_unknown() -> None:
    (found,) = found_by(CHECK, manifest("/app/db"), {}).findings

    assert (found.state, found.message) == ("unknown", "parameter /app/db: DescribeParameters is denied")


@pytest.mark.parametrize(
    "source", ["/aws/service/list/x", "arn:aws:ssm:us-east-1::parameter/aws/service/list/x"]
)
def test_public_parameters_are_not_listed(source: str) -> None:
    found = found_by(CHECK, manifest(source), {"DescribeParameters": {"Parameters": []}})

    assert found.states() == [("secret-exists", "unknown")]
    assert found.requests == ()


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        pytest.param(secret(), "ok", "exists", id="there"),
        pytest.param(MISSING, "fails", "does not exist", id="missing"),
        pytest.param(secret(DeletedDate="2026-01-01"), "fails", "is scheduled for deletion", id="deleted"),
        pytest.param(denied("DescribeSecret"), "unknown", "DescribeSecret is denied", id="denied"),
    ],
)
@pytest.mark.parametrize("prefix", ["", PARAMETER], ids=["by name", "by arn"])
def test_of_a_reference_the_secret_is_looked_at(prefix: str, answer: Said, state: str, words: str) -> None:
    source = f"{prefix}/aws/reference/secretsmanager/team/db"
    says: dict[str, Said] = {"DescribeSecret": answer, "DescribeParameters": {"Parameters": []}}

    found = found_by(CHECK, manifest(source), says)

    (only,) = found.findings
    assert (only.state, words in only.message) == (state, True), only.message
    assert found.requests == (("DescribeSecret", {"SecretId": "team/db"}),)
    assert "deletion" not in words or "--secret-id team/db" in only.help


def test_a_parameter_of_another_account_is_unknown() -> None:
    found = found_by(CHECK, manifest(f"{PARAMETER}/app/db".replace(ACCOUNT, "999999999999")), {})

    assert found.states() == [("secret-exists", "unknown")]
    assert found.requests == ()


def test_parameters_are_asked_about_together_and_pages_are_read() -> None:
    jobs = "".join(f"---\nname: j{n}\n{manifest(f'/app/{n % 7}')}" for n in range(20))
    pages: list[dict[str, Any]] = [
        {"Parameters": [{"Name": f"/app/{n}", "Type": "String"} for n in range(3)], "NextToken": "1"},
        {"Parameters": [{"Name": f"/app/{n}", "Type": "String"} for n in range(3, 6)]},
    ]

    found = found_by(CHECK, jobs, {"DescribeParameters": pages})

    (values,) = {tuple(request["ParameterFilters"][0]["Values"]) for _, request in found.requests}
    assert sorted(values) == [f"/app/{n}" for n in range(7)]
    assert len(found.requests) == 2
    assert sum(each.state == "fails" for each in found.findings) == 2


EVERY = f"""\
image: registry.example.com/etl:1
{ROLE}task_definition:
  containerDefinitions:
    - name: main
      repositoryCredentials: {{credentialsParameter: registry}}
      logConfiguration:
        logDriver: splunk
        secretOptions:
          - {{name: splunk-token, valueFrom: /app/splunk}}
"""


def test_secrets_of_registries_and_log_drivers() -> None:
    says: dict[str, Said] = {"DescribeSecret": MISSING, "DescribeParameters": {"Parameters": []}}

    found = found_by(CHECK, EVERY, says).findings

    assert [(each.location.line, each.location.column, each.message) for each in found] == [
        (6, 53, "secret registry does not exist in us-east-1"),
        (10, 45, "parameter /app/splunk does not exist in us-east-1"),
    ]
