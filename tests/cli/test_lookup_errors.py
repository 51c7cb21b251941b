"""Lookups as a user of the commands meets them: values in the plan, places of errors, and exit statuses."""

from typing import Any

import pytest
from aws_world import Aws

TEXT = 'variables: {}\nimage: alpine\nenv:\n  URL: "${ssm:/app/url}"\n'


@pytest.fixture
def store(aws: Aws) -> Any:
    ssm = aws.client("ssm")
    ssm.put_parameter(Name="/app/url", Value="https://one", Type="String")
    ssm.put_parameter(Name="/app/secret", Value="correct horse", Type="SecureString")
    aws.write("hello.yaml", TEXT)
    return ssm


def refuse(aws: Aws, operation: str, code: str) -> None:
    rule = {"operation": operation, "action": "error", "code": code, "message": "you are not authorized"}
    aws.endpoint.set_faults({"rules": [rule]})


@pytest.mark.usefixtures("store")
def test_a_value_stands_in_the_plan_with_where_it_came_from(aws: Aws) -> None:
    (job,) = aws.compiled("hello.yaml")["jobs"]

    (container,) = job["run_request"]["overrides"]["containerOverrides"]
    assert container["environment"] == [{"name": "URL", "value": "https://one"}]
    assert job["observed"] == {"ssm:/app/url": "https://one"}
    assert job["spec"]["env"] == {"URL": "${ssm:/app/url}"}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (
            TEXT.replace("/app/url", "/app/ulr"),
            "job.yaml:4:9: error[lookup-not-found]",
            "did you mean `/app/url`?",
        ),
        (TEXT.replace("/app/url", "/app/secret"), "job.yaml:4:9: error[lookup-not-usable]", "`secrets`"),
    ],
)
@pytest.mark.parametrize("command", ["compile", "diff"])
def test_what_is_not_there_is_an_error_at_its_place(
    aws: Aws, command: str, text: str, place: str, said: str
) -> None:
    aws.write("job.yaml", text)

    done = aws.run(command, "job.yaml")

    assert done.exit_code == (1 if command == "compile" else 2)
    assert place in done.stderr
    assert said in done.stderr
    assert "correct horse" not in done.output


@pytest.mark.usefixtures("store")
def test_a_lookup_that_is_denied_is_no_fault_of_the_manifest(aws: Aws) -> None:
    refuse(aws, "GetParameters", "AccessDeniedException")

    done = aws.run("compile", "hello.yaml")

    assert done.exit_code == 125
    assert "GetParameters of parameter /app/url: AccessDeniedException" in done.stderr
    assert "`ecsplan docs permissions`" in done.stderr


def test_a_changed_parameter_makes_a_plan_stale(aws: Aws, store: Any) -> None:
    assert aws.run("compile", "hello.yaml", "-o", "plan.json").exit_code == 0
    store.put_parameter(Name="/app/url", Value="https://two", Type="String", Overwrite=True)

    stale = aws.run("apply", "plan.json")
    refreshed = aws.run("apply", "plan.json", "--refresh", "--detach")

    assert stale.exit_code == 122
    assert 'hello: the plan observed ssm:/app/url = "https://one"; now it is "https://two"' in stale.stderr
    assert "--refresh" in stale.stderr
    assert refreshed.exit_code == 0, refreshed.stderr
