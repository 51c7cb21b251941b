"""The role of a schedule: EventBridge Scheduler may assume it, and it may do what a run takes."""

from collections.abc import Mapping
from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan.terms.observed import Body
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.schedule_roles import (
    schedule_role_permissions,
    schedule_role_trust,
    schedule_roles,
    scheduled_calls,
)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
RUN = f"arn:aws:iam::{ACCOUNT}:role/run"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:lost"
TRUST = Check(schedule_role_trust, over=schedule_roles)
MAY = Check(schedule_role_permissions, over=scheduled_calls)


def manifest(role: str = ROLE, more: str = "", group: str = "default") -> str:
    schedule = f"schedule:\n  rate: 1 day\n  group: {group}\n  role_arn: {role}\n"
    return f"name: nightly\nimage: alpine:3\n{schedule}{more}"


def role(service: str = "scheduler.amazonaws.com", **condition: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    return {"Role": {"Arn": ROLE, "AssumeRolePolicyDocument": {"Statement": [statement]}}}


OF_GROUP = f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule-group/"


@pytest.mark.parametrize(
    ("says", "state", "part"),
    [
        pytest.param(role(), "ok", "scheduler.amazonaws.com may assume it", id="trusts Scheduler"),
        pytest.param(
            role(ArnEquals={"aws:SourceArn": f"{OF_GROUP}g"}), "ok", "may assume it", id="for this group"
        ),
        pytest.param(
            role(ArnEquals={"aws:SourceArn": f"{OF_GROUP}h"}), "fails", f"{OF_GROUP}h", id="for another group"
        ),
        pytest.param(
            role(StringEquals={"aws:SourceAccount": "999999999999"}),
            "fails",
            "999999999999",
            id="for another account",
        ),
        pytest.param(role("ecs-tasks.amazonaws.com"), "fails", "names ecs-tasks", id="trusts tasks"),
        pytest.param(role("events.amazonaws.com"), "fails", "names events", id="trusts rules"),
        pytest.param(
            AwsError("GetRole", "NoSuchEntity", "", status=404), "fails", "does not exist", id="missing"
        ),
        pytest.param(denied("GetRole"), "unknown", "GetRole is denied", id="denied"),
    ],
)
def test_trust(says: Said, state: str, part: str) -> None:
    (finding,) = found_by(TRUST, manifest(group="g"), {"GetRole": says}).findings

    assert (finding.state, finding.check, part in finding.message) == (state, "schedule-role-trust", True)
    assert (finding.location.line, finding.location.column) == (6, 13)


def test_a_role_of_another_account_fails_without_a_call() -> None:
    text = manifest("arn:aws:iam::999999999999:role/scheduler")

    done = found_by([TRUST, MAY], text, {})

    assert done.states() == [("schedule-role-trust", "fails")]
    assert done.requests == ()


def simulator(*allowed: str, form: str = "by resource", missing: tuple[str, ...] = ()) -> Said:
    """Return a simulator whose policies allow these actions; `form` is how it names resources."""

    def answer(request: Body) -> Body:
        (action,) = request["ActionNames"]
        decision = "allowed" if action in allowed else "implicitDeny"
        resources = [str(each) for each in request["ResourceArns"]]
        if form == "by resource":
            specific = [
                {
                    "EvalResourceName": each,
                    "EvalResourceDecision": decision,
                    "MissingContextValues": [*missing],
                }
                for each in resources
            ]
            result = {"EvalActionName": action, "EvalDecision": decision, "ResourceSpecificResults": specific}
            return {"EvaluationResults": [result]}
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalResourceName": each,
                    "EvalDecision": decision,
                    "MissingContextValues": [*missing],
                }
                for each in resources
            ]
        }

    return answer


def states(says: Mapping[str, Said], more: str = "") -> list[tuple[str, str]]:
    found = found_by(MAY, manifest(more=more), {"GetRole": role(), **says}).findings
    return [(each.state, each.message) for each in found]


RUNS = "role scheduler may call ecs:RunTask on nightly:1"
RUNS_NOT = RUNS.replace("may", "may not")


@pytest.mark.parametrize("form", ["by resource", "one result each"])
@pytest.mark.parametrize(
    ("allowed", "missing", "expected"),
    [
        pytest.param(["ecs:RunTask"], (), [("ok", RUNS)], id="allowed"),
        pytest.param([], (), [("fails", RUNS_NOT)], id="denied"),
        pytest.param(
            ["ecs:RunTask"], ("aws:PrincipalTag/x",), [("ok", RUNS)], id="allowed whatever is missing"
        ),
    ],
)
def test_run_task(
    form: str, allowed: list[str], missing: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    says = {"SimulatePrincipalPolicy": simulator(*allowed, form=form, missing=missing)}

    assert states(says) == expected


def test_a_condition_that_is_not_known_leaves_it_open() -> None:
    says = {"SimulatePrincipalPolicy": simulator(missing=("aws:PrincipalTag/x",))}

    ((state, message),) = states(says)
    assert (state, "rests on a condition" in message) == ("unknown", True)


def test_the_roles_of_the_task_and_the_queue() -> None:
    more = f"task_role_arn: {RUN}\nexecution_role_arn: {RUN}2\n"
    text = manifest(more=more).replace("  rate", f"  dead_letter_arn: {QUEUE}\n  rate")

    done = found_by(
        MAY, text, {"GetRole": role(), "SimulatePrincipalPolicy": simulator("ecs:RunTask", "iam:PassRole")}
    )

    assert sorted((each.state, each.message.partition("call ")[2]) for each in done.findings) == [
        ("fails", "sqs:SendMessage on lost"),
        ("ok", "ecs:RunTask on nightly:1"),
        ("ok", "iam:PassRole on run"),
        ("ok", "iam:PassRole on run2"),
    ]
    simulated = [request for name, request in done.requests if name == "SimulatePrincipalPolicy"]
    assert [(*request["ActionNames"], len(request["ResourceArns"])) for request in simulated] == [
        ("ecs:RunTask", 1),
        ("iam:PassRole", 2),
        ("sqs:SendMessage", 1),
    ]
    contexts = [
        (each["ContextKeyName"], *each["ContextKeyValues"])
        for request in simulated
        for each in request["ContextEntries"]
    ]
    assert contexts == [
        ("ecs:cluster", f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/default"),
        ("iam:PassedToService", "ecs-tasks.amazonaws.com"),
    ]


@pytest.mark.parametrize(
    "more",
    ["labels: {team: data}\n", "propagate_tags: TASK_DEFINITION\n", "enable_ecs_managed_tags: true\n"],
)
@pytest.mark.parametrize(
    ("allowed", "state", "may"),
    [(["ecs:RunTask"], "fails", "may not"), (["ecs:RunTask", "ecs:TagResource"], "ok", "may")],
    ids=["denied", "allowed"],
)
def test_tags_of_tasks(more: str, allowed: list[str], state: str, may: str) -> None:
    done = found_by(
        MAY, manifest(more=more), {"GetRole": role(), "SimulatePrincipalPolicy": simulator(*allowed)}
    )

    found = {(each.state, each.message) for each in done.findings}
    assert found == {
        ("ok", RUNS),
        (state, f"role scheduler {may} call ecs:TagResource on the tasks of cluster default"),
    }
    (tagging,) = [
        request for _, request in done.requests if request.get("ActionNames") == ["ecs:TagResource"]
    ]
    assert tagging["ResourceArns"] == [f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/default/*"]
    assert [each["ContextKeyName"] for each in tagging["ContextEntries"]] == ["ecs:CreateAction"]


@pytest.mark.parametrize(
    ("says", "message"),
    [
        pytest.param(denied("SimulatePrincipalPolicy"), "SimulatePrincipalPolicy is denied", id="denied"),
        pytest.param(
            AwsError("SimulatePrincipalPolicy", AwsError.BAD_ANSWER, "<html>"),
            "this endpoint has no SimulatePrincipalPolicy",
            id="not served",
        ),
    ],
)
def test_what_cannot_be_simulated_is_unknown(says: Said, message: str) -> None:
    assert states({"SimulatePrincipalPolicy": says}) == [("unknown", f"role scheduler: {message}")]


def test_many_jobs_ask_together() -> None:
    jobs = "".join(manifest().replace("name: nightly", f"name: job-{n}") + "---\n" for n in range(60))

    done = found_by(
        MAY,
        jobs.removesuffix("---\n"),
        {"GetRole": role(), "SimulatePrincipalPolicy": simulator("ecs:RunTask")},
    )

    assert [name for name, _ in done.requests] == ["GetRole", *["SimulatePrincipalPolicy"] * 2]
    assert [each.state for each in done.findings] == ["ok"] * 60
