"""Sensitive variables through apply: the request that is sent has their values, and nothing else does."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Stage
from click.testing import CliRunner

from ecsplan.plan.plan import Plan, write_plan
from ecsplan_applier.aws.gateway import SdkGateway
from ecsplan_applier.aws.sealed_request import SealedRequest, opened
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_cli.main import group
from ecsplan_local import serve

CANARY = "canary-0123"
MANIFEST = """
variables:
  token: {sensitive: true, env: CI_TOKEN, pattern: "canary.*"}
  plain: {default: p}
name: hello
image: alpine
env: {TOKEN: "${token}", AUTH: "Bearer ${token} ${plain}", PLAIN: "${plain}"}
"""
Start = Callable[..., Stage]


def environments(stage: Stage) -> list[dict[str, str]]:
    """Return the environment of each RunTask request that arrived."""
    bodies = [each.parameters for each in stage.endpoint.calls() if each.operation == "RunTask"]
    return [
        {pair["name"]: pair["value"] for pair in body["overrides"]["containerOverrides"][0]["environment"]}
        for body in bodies
    ]


def test_the_request_has_the_values(stage: Start) -> None:
    it = stage()
    plan = it.compile(MANIFEST)

    played = it.apply(plan, variables={"token": CANARY})

    assert played.status == 0
    expected = {"TOKEN": CANARY, "AUTH": f"Bearer {CANARY} p", "PLAIN": "p"}
    assert environments(it) == [expected]
    assert CANARY not in write_plan(plan) + repr(played.events) + json.dumps(played.summary.to_json())
    state = [each.read_text("utf-8") for each in (it.folder / "state").rglob("*") if each.is_file()]
    assert CANARY not in "".join(state)


def test_a_resumed_apply_sends_the_same_request(stage: Start) -> None:
    it = stage()
    plan = it.compile(MANIFEST)
    first = it.apply(plan, variables={"token": CANARY}, run_id="r-1")

    again = it.apply(plan, variables={"token": CANARY}, run_id="r-1")
    other = it.apply(plan, variables={"token": f"{CANARY}-rotated"}, run_id="r-1")

    assert (first.status, again.status, other.status) == (0, 0, 122)
    assert [each.arn for each in again.summary.jobs[0].tasks] == [
        each.arn for each in first.summary.jobs[0].tasks
    ]
    assert CANARY not in repr(other.events)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param({}, "`token` has no value: give it with --var token=", id="missing"),
        pytest.param({"token": "hush"}, "`token` is ***, which does not match", id="wrong"),
        pytest.param({"token": "canary" + "x" * 5000}, "characters as JSON; ECS allows 8192", id="too long"),
    ],
)
def test_nothing_is_changed_without_good_values(stage: Start, variables: dict[str, str], said: str) -> None:
    it = stage()
    plan = it.compile(MANIFEST)
    it.endpoint.forget_calls()

    with pytest.raises(UsageError) as refused:
        it.apply(plan, variables=variables)

    assert said in str(refused.value)
    assert refused.value.exit_status == 2
    assert not it.calls()
    assert all(value not in str(refused.value) for value in variables.values())


def test_only_the_jobs_that_are_applied_need_values(stage: Start) -> None:
    it = stage()
    both = MANIFEST + "---\nname: other\nimage: alpine\n"
    plan = it.compile(both)

    assert it.apply(plan, only=["other"]).status == 0


def test_an_undecided_plan_keeps_them(stage: Start) -> None:
    it = stage()
    plan = it.compile(MANIFEST, offline=True)

    assert it.apply(plan, variables={"token": CANARY}).status == 0
    assert environments(it)[0]["TOKEN"] == CANARY


def test_what_aws_says_about_the_request_is_masked(stage: Start) -> None:
    words = f"The value Bearer {CANARY} is not allowed"
    refused = {
        "operation": "RunTask",
        "action": "error",
        "code": "InvalidParameterException",
        "message": words,
    }
    it = stage({"rules": [refused]})
    plan = it.compile(MANIFEST)

    played = it.apply(plan, variables={"token": CANARY})

    assert played.status != 0
    assert "is not allowed" in repr(played.events)
    assert CANARY not in repr(played.events)


def test_a_trace_shows_placeholders(stage: Start) -> None:
    it, shown = stage(), []
    plan = it.compile(MANIFEST)
    gateway = SdkGateway(it.session, connections=1, trace=lambda *words: shown.append(words))

    it.apply(plan, variables={"token": CANARY}, gateway=gateway)

    assert "<variable token at apply>" in repr(shown)
    assert CANARY not in repr(shown)


def test_a_plan_of_another_declaration_is_what_counts(stage: Start) -> None:
    it = stage()
    plan = it.compile(MANIFEST)
    (job,) = plan.jobs
    edited = Plan(plan.observed, (replace(job, sensitive=()),))

    assert it.apply(edited).status == 0
    assert environments(it)[0]["TOKEN"] == "<variable token at apply>"


def test_a_sealed_request() -> None:
    one, two = "<variable a at apply>", "<variable b at apply>"
    environment = [{"name": "A", "value": one}, {"name": "B", "value": two}]
    container = {"name": "main", "environment": environment, "command": [one]}
    request = {"overrides": {"containerOverrides": [container]}, "group": one}

    sealed = SealedRequest(request, {one: two, two: "x"})
    sent: Any = opened(sealed.having(count=2))

    assert sealed == request
    assert (sent["group"], sent["count"]) == (one, 2)
    (found,) = sent["overrides"]["containerOverrides"]
    assert [each["value"] for each in found["environment"]] == [two, "x"]
    assert found["command"] == [one]
    assert opened(request) is request


@pytest.mark.parametrize(
    ("arguments", "environment", "status"),
    [
        pytest.param(["--var", f"token={CANARY}"], {}, 0, id="an option"),
        pytest.param(["--var-file", "values.yaml"], {}, 0, id="a file"),
        pytest.param([], {"ECSPLAN_VAR_token": CANARY}, 0, id="the environment"),
        pytest.param([], {"CI_TOKEN": CANARY}, 0, id="the declared variable"),
        pytest.param([], {}, 2, id="missing"),
        pytest.param(["--var", f"token={CANARY}", "--var", "plain=x"], {}, 2, id="one that compile used"),
        pytest.param(["--var-file", "none.yaml"], {"CI_TOKEN": CANARY}, 2, id="no such file"),
    ],
)
def test_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    status: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text(MANIFEST, encoding="utf-8")
    Path("values.yaml").write_text(f"token: {CANARY}\n", encoding="utf-8")
    with serve(runner="scripted", record=True) as endpoint:
        aws = {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        runner = CliRunner()
        made = runner.invoke(group, ["compile", "job.yaml", "-o", "plan.json"], env=aws)
        shown = runner.invoke(group, ["diff", "plan.json"], env=aws)
        options = ["--verbose", "--result", "result.json", "--events", "events.ndjson"]
        done = runner.invoke(group, ["apply", "plan.json", *options, *arguments], env={**aws, **environment})
        ran = [each for each in endpoint.calls() if each.operation == "RunTask"]

    assert done.exit_code == status, done.output
    assert CANARY not in repr(done.exception)
    assert len(ran) == (status == 0)
    files = [
        each.read_text("utf-8")
        for each in tmp_path.rglob("*")
        if each.is_file() and each.name != "values.yaml"
    ]
    assert CANARY not in "".join((made.output, shown.output, done.output, *files))
