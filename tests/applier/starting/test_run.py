"""Starting tasks: capacity, refusals, retries and pace."""

from collections.abc import Callable

import pytest
from apply_stage import Stage

from ecsplan_applier.aws.rate_limits import Limits, Rate
from ecsplan_applier.outcomes.events import Noted
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.tasks.run_id import client_token

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]
ENDING = {"tasks": [{"timeline": EXITS}]}


def test_a_token_is_derived_from_run_job_and_copies_only() -> None:
    token = client_token("run", "job", 1, 10, 1)

    others = [
        client_token("other", "job", 1, 10, 1),
        client_token("run", "other", 1, 10, 1),
        client_token("run", "job", 2, 10, 1),
        client_token("run", "job", 1, 9, 1),
        client_token("run", "job", 1, 10, 2),
        client_token("run", "job", 1, 10, 1, all_copies=12),
        client_token("run", "job", 1, 10, 1, all_copies=20),
    ]

    assert token == client_token("run", "job", 1, 10, 1)
    assert len({token, *others}) == 8
    assert len(token) == 64
    assert all(33 <= ord(each) <= 126 for each in token)


def test_a_request_carries_run_id_and_token_and_is_otherwise_the_plans(stage: Begin) -> None:
    world = stage(ENDING)
    plan = world.compile(HELLO + "labels: {team: data}\n")

    world.apply(plan, run_id="nightly/7")

    sent = dict(world.endpoint.calls("RunTask")[0].parameters)
    assert sent.pop("startedBy") == "ecsplan/nightly/7"
    assert sent.pop("clientToken") == client_token("nightly/7", "hello", 1, 1, 1)
    assert sent.pop("count") == 1
    assert sent.pop("taskDefinition").endswith("/hello:1")
    assert sent == {
        name: value for name, value in plan.jobs[0].run_request.items() if name != "taskDefinition"
    }


def test_missing_tasks_are_retried_and_not_those_that_started(stage: Begin) -> None:
    world = stage({**ENDING, "rules": [{"action": "failures", "count": 2, "calls": "1"}]})

    played = world.apply(world.compile(HELLO + "count: 3\n"))

    assert played.status == 0
    calls = world.endpoint.calls("RunTask")
    tokens = [each.parameters["clientToken"] for each in calls]
    assert [each.parameters["count"] for each in calls] == [3, 3, 2]
    assert (tokens[0], len(set(tokens))) == (tokens[1], 2), "what the first has started is asked for again"
    assert len(world.tasks()) == 3


def test_no_capacity_until_the_start_timeout_is_126_and_says_why(stage: Begin) -> None:
    world = stage({"rules": [{"action": "failures", "reason": "RESOURCE:MEMORY"}]})

    played = world.apply(world.compile(HELLO + "task_start_timeout_seconds: 60\n"))

    task = played.summary.tasks[0]
    assert (played.status, task.outcome, task.reason) == (126, Outcome.NOT_STARTED, "RESOURCE:MEMORY")
    assert task.explanation is not None
    assert "memory" in task.explanation.meaning
    times = [each.time for each in world.endpoint.calls("RunTask")]
    assert 5 <= len(times) <= 30
    assert times[-1] - times[0] <= 60


def test_waiting_for_capacity_is_reported_once_a_reason(stage: Begin) -> None:
    rules = [
        {"action": "failures", "reason": "RESOURCE:CPU", "calls": "1-3"},
        {"action": "failures", "reason": "AGENT", "calls": "4-5"},
    ]
    world = stage({**ENDING, "rules": rules})

    reported = [each.message for each in world.apply(world.compile(HELLO)).of(Noted)]

    assert [each.partition(";")[0] for each in reported] == [
        "no capacity for 1 task (RESOURCE:CPU)",
        "no capacity for 1 task (AGENT)",
    ]


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param("ATTRIBUTE", id="attribute"),
        pytest.param("MemberOf Placement constraint unsatisfied.", id="placement constraint"),
    ],
)
def test_what_no_waiting_cures_is_reported_at_once(stage: Begin, reason: str) -> None:
    world = stage({"rules": [{"action": "failures", "reason": reason}]})

    played = world.apply(world.compile(HELLO))

    assert played.status == 126
    assert len(world.calls("RunTask")) == 1


def test_an_exception_that_means_no_capacity_is_retried(stage: Begin) -> None:
    text = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    full = {
        "operation": "RunTask",
        "action": "error",
        "code": "ClientException",
        "message": text,
        "calls": "1-2",
    }
    world = stage({**ENDING, "rules": [full]})

    assert world.apply(world.compile(HELLO)).status == 0


@pytest.mark.parametrize(
    ("code", "message", "name"),
    [
        pytest.param("ClusterNotFoundException", "Cluster not found.", "no such cluster", id="cluster"),
        pytest.param(
            "InvalidParameterException",
            "No Container Instances were found in your cluster.",
            "the cluster has none",
            id="no instances",
        ),
        pytest.param(
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            "names no subnets",
            id="no network",
        ),
        pytest.param(
            "ClientException",
            "ECS was unable to assume the role 'x' that was provided for this task.",
            "cannot assume a role",
            id="role cannot be assumed",
        ),
        pytest.param(
            "AccessDeniedException",
            "User: x is not authorized to perform: iam:PassRole on resource: y",
            "are not allowed to pass the role",
            id="role cannot be passed",
        ),
        pytest.param("BlockedException", "Your account is blocked.", "has blocked the account", id="blocked"),
    ],
)
def test_a_refusal_is_reported_with_its_meaning(stage: Begin, code: str, message: str, name: str) -> None:
    refused = {"operation": "RunTask", "action": "error", "code": code, "message": message}
    world = stage({"rules": [refused]})

    played = world.apply(world.compile(HELLO))

    reason = played.summary.tasks[0].reason or ""
    assert played.status == 125
    assert f"RunTask of job hello: {code}: {message}" in reason
    assert name in reason
    assert "help:" in reason
    assert len(world.calls("RunTask")) == 1


def test_a_cluster_that_does_not_exist_leaves_no_revision_behind(stage: Begin) -> None:
    world = stage()
    manifest = HELLO + "cluster: nowhere\nauto_deregister_task_definition: true\n"

    played = world.apply(world.compile(manifest))

    assert played.status == 125
    assert "Cluster not found" in (played.summary.tasks[0].reason or "")
    assert world.revisions() == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "throttle"}, id="throttled"),
        pytest.param({"action": "error"}, id="500"),
        pytest.param({"action": "error", "code": "ServiceUnavailable", "status": 503}, id="503"),
        pytest.param({"action": "reset-before"}, id="reset before the effect"),
        pytest.param({"action": "reset-after"}, id="reset after the effect"),
    ],
)
def test_a_transient_failure_starts_nothing_twice(stage: Begin, fault: dict[str, object]) -> None:
    world = stage({**ENDING, "rules": [{"operation": "RunTask", "calls": "1-3", **fault}]})

    played = world.apply(world.compile(HELLO + "count: 12\n"))

    assert played.status == 0
    assert len(world.tasks()) == 12
    tokens = {each.parameters["clientToken"] for each in world.endpoint.calls("RunTask")}
    assert len(tokens) == 2


def test_tasks_of_a_call_whose_answers_all_get_lost_are_found(stage: Begin) -> None:
    world = stage({**ENDING, "rules": [{"operation": "RunTask", "action": "reset-after"}]})

    played = world.apply(world.compile(HELLO + "count: 2\n"))

    assert played.status == 0
    assert {each.arn for each in played.summary.tasks} == {each["taskArn"] for each in world.tasks()}


def test_launches_keep_to_the_quotas(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]}, quotas=True)
    plan = world.compile(HELLO + "count: 400\n")
    world.endpoint.forget_calls()

    played = world.apply(plan)

    times = [each.time for each in world.endpoint.calls("RunTask")]
    assert played.status == 0
    assert len(times) <= 0.15 * 400
    assert times[-1] - times[0] <= 1.1 * (400 - 100) / 20


def test_calls_keep_to_the_quota_when_every_job_has_one_task(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]}, quotas=True)
    jobs = "".join(f"  job-{number}: {{}}\n" for number in range(100))
    plan = world.compile(f"defaults: {{image: alpine, family: shared}}\njobs:\n{jobs}")
    world.endpoint.forget_calls()

    played = world.apply(plan)

    times = [each.time for each in world.endpoint.calls("RunTask")]
    assert played.status == 0
    assert len(times) <= 110
    assert times[-1] - times[0] <= 1.1 * (100 - 20) / 20


def test_the_pace_adapts_to_an_account_with_a_smaller_quota(stage: Begin) -> None:
    world = stage({**ENDING, "rules": [{"operation": "RunTask", "action": "throttle", "probability": 0.5}]})
    jobs = "".join(f"  job-{number}: {{}}\n" for number in range(30))
    plan = world.compile(f"defaults: {{image: alpine, family: shared}}\njobs:\n{jobs}")

    played = world.apply(plan)

    assert played.status == 0
    assert len(world.tasks()) == 30


def test_limits_can_be_set(stage: Begin) -> None:
    world = stage(ENDING)
    jobs = "".join(f"  job-{number}: {{}}\n" for number in range(8))
    plan = world.compile(f"defaults: {{image: alpine, family: shared}}\njobs:\n{jobs}")

    world.apply(plan, limits=Limits(run_calls=Rate(1, 1)))

    times = [each.time for each in world.endpoint.calls("RunTask")]
    assert times[-1] - times[0] == pytest.approx(7, rel=0.1)
