"""An apply from beginning to end, in this process: what it asks AWS for, what it tells, how it ends."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from apply_stage import LOGGING, Stage

from ecsplan.plan.plan import Plan
from ecsplan_applier.aws.gateway import SdkGateway
from ecsplan_applier.aws.operations import RUN_TASK, STOP_TASK
from ecsplan_applier.outcomes.errors import EmptyPlanError, OtherAccountError, UsageError
from ecsplan_applier.outcomes.events import (
    Deregistered,
    Registered,
    Reused,
    RunBegan,
    TaskChanged,
    TaskEnded,
    TaskStarted,
)
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

QUIET = "image: alpine\n"
TWO_JOBS = "jobs:\n  one: {image: alpine}\n  two: {image: busybox}\n"
EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]


def ends_with(*codes: int, family: str | None = None) -> list[dict[str, object]]:
    """Return the scripted tasks of which the first copy ends with the first code, and so on."""
    return [
        {
            **({} if family is None else {"family": family}),
            "copy": number,
            "timeline": [
                {"at": 1, "status": "RUNNING"},
                {"at": 2, "status": "STOPPED", "exitCode": code},
            ],
        }
        for number, code in enumerate(codes, 1)
    ]


def test_a_reused_revision_takes_no_more_calls_than_describe_run_and_the_polls(stage: Begin) -> None:
    world = stage({"tasks": ends_with(0)})
    world.apply(world.compile(QUIET))
    plan = world.compile(QUIET)
    world.endpoint.forget_calls()

    played = world.apply(plan)

    calls = world.calls()
    assert played.status == 0
    assert [each for each in calls if each != "DescribeTasks"] == [
        "DescribeTaskDefinition",
        "RunTask",
        "ListTasks",
    ]
    assert played.of(Reused)
    assert not played.of(Registered)


def test_the_events_come_in_the_order_in_which_things_happen(stage: Begin) -> None:
    world = stage({"tasks": ends_with(0)})

    played = world.apply(world.compile(QUIET))

    kinds = [type(each) for each in played.events]
    assert kinds[:3] == [RunBegan, Registered, TaskStarted]
    assert [each.status for each in played.of(TaskChanged)] == ["RUNNING", "STOPPED"]
    assert kinds[-2] is TaskEnded


@pytest.mark.parametrize(
    ("manifest", "codes", "status"),
    [
        pytest.param(QUIET, [0], 0, id="one task ends well"),
        pytest.param(QUIET, [7], 7, id="one task's code is the status"),
        pytest.param(QUIET, [255], 255, id="the largest code that fits"),
        pytest.param(QUIET, [256], 1, id="a code that does not fit"),
        pytest.param(QUIET, [-1], 1, id="a negative code"),
        pytest.param(QUIET + "count: 2\n", [0, 0], 0, id="two copies end well"),
        pytest.param(QUIET + "count: 2\n", [0, 9], 1, id="one of two copies fails"),
    ],
)
def test_the_exit_status_is_the_contracts(stage: Begin, manifest: str, codes: list[int], status: int) -> None:
    world = stage({"tasks": ends_with(*codes)})

    played = world.apply(world.compile(manifest))

    assert played.status == status
    assert [each.exit_code for each in played.summary.tasks] == codes


def test_more_than_ten_copies_are_started_in_calls_of_at_most_ten(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]})
    plan = world.compile(QUIET + "count: 23\n")
    world.endpoint.forget_calls()

    played = world.apply(plan)

    counts = [each.parameters["count"] for each in world.endpoint.calls("RunTask")]
    assert sorted(counts) == [3, 10, 10]
    assert played.status == 0
    assert [each.label for each in played.summary.tasks] == [f"hello/{number}" for number in range(1, 24)]
    assert len({each.arn for each in played.summary.tasks}) == 23


def test_jobs_are_watched_together_in_calls_of_at_most_a_hundred(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]})
    plan = world.compile(QUIET + "count: 130\n")
    world.endpoint.forget_calls()

    played = world.apply(plan)

    sizes = [len(each.parameters["tasks"]) for each in world.endpoint.calls("DescribeTasks")]
    assert played.status == 0
    assert max(sizes) == 100


def test_nothing_that_is_over_is_asked_for(stage: Begin) -> None:
    long = [{"at": 1, "status": "RUNNING"}, {"at": 300, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"copy": 1, "timeline": EXITS}, {"copy": 2, "timeline": long}]})
    plan = world.compile(QUIET + "count: 2\n")

    played = world.apply(plan)

    short = played.summary.tasks[0].arn
    asked = [short in each.parameters["tasks"] for each in world.endpoint.calls("DescribeTasks")]
    ended = asked.index(False)
    assert not any(asked[ended:])
    assert len(asked) - ended > 20


def test_polls_are_quick_at_first_and_then_keep_the_interval(stage: Begin) -> None:
    long = [{"at": 1, "status": "RUNNING"}, {"at": 600, "status": "STOPPED", "exitCode": 0}]
    world = stage({"tasks": [{"timeline": long}]})
    plan = world.compile(QUIET + "task_watch_poll_interval: 7\n")

    world.apply(plan)

    times = [each.time for each in world.endpoint.calls("DescribeTasks")]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert max(pauses[:10]) < 1.0
    assert pauses[-20:-1] == pytest.approx([7.0] * 19)


def test_only_the_named_job_is_carried_out(stage: Begin) -> None:
    world = stage()

    played = world.apply(world.compile(TWO_JOBS), only=["two"])

    assert [each.job for each in played.summary.jobs] == ["two"]
    assert len(world.tasks()) == 1


def test_an_unknown_job_is_answered_with_the_known_ones(stage: Begin) -> None:
    world = stage()

    with pytest.raises(UsageError, match="no job three; it has: one, two"):
        world.apply(world.compile(TWO_JOBS), only=["three"])


def test_a_plan_without_jobs_is_refused(stage: Begin) -> None:
    world = stage()

    with pytest.raises(EmptyPlanError):
        world.apply(Plan(True, ()))


@pytest.mark.parametrize(
    ("run_id", "reason"),
    [
        pytest.param("a b", "letters, digits", id="space"),
        pytest.param("", "letters, digits", id="empty"),
        pytest.param("a:b", "letters, digits", id="colon"),
        pytest.param("größe", "letters, digits", id="umlaut"),
        pytest.param("a" * 121, "121 characters", id="one too long"),
    ],
)
def test_a_run_id_that_ecs_would_refuse_is_refused(stage: Begin, run_id: str, reason: str) -> None:
    world = stage()
    plan = world.compile(QUIET)
    world.endpoint.forget_calls()

    with pytest.raises(UsageError, match=reason):
        world.apply(plan, run_id=run_id)

    assert world.calls() == []


def test_the_longest_run_id_is_taken(stage: Begin) -> None:
    world = stage()
    run_id = "a-B_9/" * 20

    played = world.apply(world.compile(QUIET), run_id=run_id)

    assert played.status == 0
    assert world.tasks()[0]["startedBy"] == f"ecsplan/{run_id}"


def test_a_start_timeout_stops_the_task(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "PENDING"}]}]})

    played = world.apply(world.compile(QUIET + "task_start_timeout_seconds: 30\n"))

    assert played.status == 124
    assert played.summary.tasks[0].outcome is Outcome.START_TIMEOUT
    assert world.tasks()[0]["stoppedReason"] == "ecsplan: not running after 30 s"
    stop = world.endpoint.calls("StopTask")[0].time
    assert stop - world.endpoint.calls("RunTask")[0].time == pytest.approx(30, abs=0.1)


def test_a_task_timeout_stops_the_task_and_prints_what_is_left_of_its_log(stage: Begin) -> None:
    timeline = [{"at": 1, "status": "RUNNING"}, {"at": 2, "log": "working"}]
    stop = [{"at": 1, "log": "cleaning up"}, {"at": 2, "status": "STOPPED", "exitCode": 143}]
    world = stage({"tasks": [{"timeline": timeline, "on_stop": stop}]})

    played = world.apply(world.compile(LOGGING + "task_timeout_seconds: 40\n"))

    assert played.status == 124
    assert played.lines == ["working", "cleaning up"]
    assert played.summary.tasks[0].exit_code == 143
    asked = world.endpoint.calls("StopTask")[0].time - world.endpoint.calls("RunTask")[0].time
    assert 40 < asked < 43


def test_a_task_that_ends_by_itself_just_before_it_is_stopped_keeps_its_code(stage: Begin) -> None:
    timeline = [{"at": 1, "status": "RUNNING"}, {"at": 41, "status": "STOPPED", "exitCode": 3}]
    world = stage({"tasks": [{"timeline": timeline}]})
    plan = world.compile(QUIET + "task_timeout_seconds: 40\n")
    world.endpoint.before("StopTask", 1, lambda _: world.clock.scripted.advance(5))

    assert world.apply(plan).status == 3


def test_a_task_that_does_not_stop_is_named(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}], "on_stop": []}]})

    played = world.apply(world.compile(QUIET + "task_timeout_seconds: 10\n"))

    assert played.status == 124
    left = played.summary.left_running
    assert [each.arn for each in left] == [world.tasks()[0]["taskArn"]]
    assert "had not stopped" in (left[0].reason or "")


def test_detach_ends_when_the_tasks_run(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 5, "status": "RUNNING"}]}]})

    played = world.apply(world.compile(LOGGING + "count: 2\n"), detach=True)

    assert played.status == 0
    assert [each.outcome for each in played.summary.tasks] == [Outcome.DETACHED] * 2
    assert {each.arn for each in played.summary.left_running} == {each["taskArn"] for each in world.tasks()}
    assert {each["lastStatus"] for each in world.tasks()} == {"RUNNING"}
    assert world.calls("GetLogEvents", "StopTask") == []


def test_detach_reports_a_task_that_could_not_start(stage: Begin) -> None:
    failed = {"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPull"}
    world = stage({"tasks": [{"timeline": [failed]}]})

    assert world.apply(world.compile(QUIET), detach=True).status == 126


def test_detach_reports_a_task_that_did_not_start_in_time(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 500, "status": "RUNNING"}]}]})

    played = world.apply(world.compile(QUIET + "task_start_timeout_seconds: 10\n"), detach=True)

    assert played.status == 124
    assert [each.outcome for each in played.summary.tasks] == [Outcome.START_TIMEOUT]
    assert {each["lastStatus"] for each in world.tasks()} == {"STOPPED"}


def test_detach_ends_well_when_the_job_has_ended_already(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 0, "status": "STOPPED", "exitCode": 3}]}]})

    played = world.apply(world.compile(QUIET), detach=True)

    assert played.status == 0
    assert played.summary.left_running == ()


def test_detach_and_deregistering_exclude_each_other(stage: Begin) -> None:
    world = stage()
    plan = world.compile(QUIET + "auto_deregister_task_definition: true\n")

    with pytest.raises(UsageError, match="auto_deregister"):
        world.apply(plan, detach=True)


def test_a_task_without_an_exit_code_counts_as_failed(stage: Begin) -> None:
    stopped = {"at": 2, "status": "STOPPED", "stopCode": "ServiceSchedulerInitiated", "stoppedReason": "gone"}
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}, stopped]}]})

    played = world.apply(world.compile(QUIET))

    task = played.summary.tasks[0]
    assert played.status == 125
    assert (task.outcome, task.stop_code, task.reason) == (
        Outcome.NO_EXIT_CODE,
        "ServiceSchedulerInitiated",
        "gone",
    )
    assert task.to_json()["exit_code"] == -1


def test_a_task_that_is_over_when_first_seen_has_run(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 0, "status": "STOPPED", "exitCode": 4, "log": "quick"}]}]})

    played = world.apply(world.compile(LOGGING))

    assert played.status == 4
    assert played.lines == ["quick"]


def test_a_person_may_stop_a_task(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}]}]})
    plan = world.compile(QUIET)

    def stop(_: object) -> None:
        world.ask(STOP_TASK, task=world.tasks()[0]["taskArn"], reason="lunch")

    world.endpoint.after("DescribeTasks", 6, stop)

    played = world.apply(plan)

    task = played.summary.tasks[0]
    assert (played.status, task.outcome, task.reason) == (143, Outcome.FAILED, "lunch")
    assert task.explanation is not None
    assert task.explanation.name == "stopped-by-person"


def test_the_phases_are_the_tasks_own(stage: Begin) -> None:
    timeline = [
        {"at": 10, "status": "PENDING"},
        {"at": 15, "status": "RUNNING"},
        {"at": 55, "exit": 0},
        {"at": 58, "status": "STOPPED"},
    ]
    world = stage({"tasks": [{"timeline": timeline}]})

    phases = world.apply(world.compile(QUIET)).summary.tasks[0].phases

    assert (phases.provisioning_s, phases.image_pull_s) == (10, 5)
    assert (phases.running_s, phases.stopping_s) == (40, 3)


def test_deregisters_what_it_registered_after_the_task(stage: Begin) -> None:
    world = stage({"tasks": ends_with(0)})

    played = world.apply(world.compile(QUIET + "auto_deregister_task_definition: true\n"))

    assert world.revisions() == []
    assert world.revisions(status="INACTIVE") == [1]
    assert played.of(Deregistered)
    assert played.summary.jobs[0].deregistered


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        pytest.param(
            {"tasks": [{"timeline": [{"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart"}]}]},
            126,
            id="the task does not start",
        ),
        pytest.param(
            {
                "rules": [
                    {"action": "error", "operation": "RunTask", "code": "ClientException", "message": "no"}
                ]
            },
            125,
            id="RunTask is refused",
        ),
        pytest.param({"rules": [{"action": "failures"}]}, 126, id="no capacity"),
        pytest.param({"tasks": [{"timeline": []}]}, 124, id="it does not start in time"),
    ],
)
def test_deregisters_in_every_way_out(stage: Begin, faults: dict[str, object], status: int) -> None:
    world = stage(faults)
    manifest = QUIET + "auto_deregister_task_definition: true\ntask_start_timeout_seconds: 20\n"

    assert world.apply(world.compile(manifest)).status == status
    assert (world.revisions(), world.revisions(status="INACTIVE")) == ([], [1])


def test_never_deregisters_what_it_reused(stage: Begin) -> None:
    world = stage({"tasks": ends_with(0, 0)})
    world.apply(world.compile(QUIET))

    world.apply(world.compile(QUIET + "auto_deregister_task_definition: true\n"))

    assert world.revisions() == [1]


def test_failing_to_deregister_is_a_warning(stage: Begin) -> None:
    denied = {"operation": "DeregisterTaskDefinition", "action": "error", "code": "AccessDeniedException"}
    world = stage({"tasks": ends_with(5), "rules": [denied]})

    played = world.apply(world.compile(QUIET + "auto_deregister_task_definition: true\n"))

    assert played.status == 5
    assert any("could not be deregistered" in each for each in played.warned)


def test_does_not_deregister_under_the_tasks_of_others(stage: Begin) -> None:
    world = stage({"tasks": [{"copy": 1, "timeline": EXITS}, {"copy": 2, "timeline": []}]})
    plan = world.compile(QUIET + "auto_deregister_task_definition: true\n")

    def run_too(_: object) -> None:
        network = {
            "awsvpcConfiguration": plan.jobs[0].run_request["networkConfiguration"]["awsvpcConfiguration"]
        }
        world.ask(RUN_TASK, taskDefinition="hello:1", launchType="FARGATE", networkConfiguration=network)

    world.endpoint.after("RunTask", 1, run_too)

    played = world.apply(plan)

    assert played.status == 0
    assert world.revisions() == [1]
    assert any("tasks that others started are running it" in each for each in played.warned)


def test_two_jobs_of_one_document_share_a_revision(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]})
    manifest = "defaults: {family: shared, image: alpine}\njobs: {one: {}, two: {command: [x]}, three: {}}\n"

    played = world.apply(world.compile(manifest))

    assert played.status == 0
    assert world.revisions("shared") == [1]
    assert Counter(each.action for each in played.summary.jobs) == {"register": 1, "reuse": 2}


def test_two_jobs_of_one_family_with_two_documents_register_two_revisions(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]})
    manifest = "defaults: {family: shared}\njobs: {one: {image: alpine}, two: {image: busybox}}\n"

    played = world.apply(world.compile(manifest))

    assert played.status == 0
    assert sorted(world.revisions("shared")) == [1, 2]


def test_one_jobs_failure_leaves_the_others_alone(stage: Begin) -> None:
    refused = {
        "operation": "RegisterTaskDefinition",
        "where": {"family": "one"},
        "action": "error",
        "code": "ClientException",
        "message": "Container.image contains invalid characters.",
    }
    world = stage({"rules": [refused], "tasks": [{"timeline": EXITS}]})

    played = world.apply(world.compile(TWO_JOBS))

    one, two = played.summary.tasks
    assert played.status == 1
    assert one.outcome is Outcome.REFUSED
    assert "Container.image contains invalid characters" in (one.reason or "")
    assert two.outcome is Outcome.SUCCEEDED


def test_missing_and_changed_tags_are_set_on_the_reused_revision(stage: Begin) -> None:
    manifest = QUIET + "task_definition: {tags: [{key: team, value: %s}, {key: tier, value: gold}]}\n"
    world = stage({"tasks": [{"timeline": EXITS}]})
    world.apply(world.compile(manifest % "red"))
    plan = world.compile(manifest % "blue")
    world.endpoint.forget_calls()

    played = world.apply(plan)

    assert played.of(Reused)
    tagged = world.endpoint.calls("TagResource")
    assert [each.parameters["tags"] for each in tagged] == [[{"key": "team", "value": "blue"}]]
    world.endpoint.forget_calls()
    world.apply(world.compile(manifest % "blue"))
    assert world.calls("TagResource") == []


def test_failing_to_tag_is_a_warning(stage: Begin) -> None:
    manifest = QUIET + "task_definition: {tags: [{key: team, value: %s}]}\n"
    denied = {"operation": "TagResource", "action": "error", "code": "AccessDeniedException"}
    world = stage({"tasks": [{"timeline": EXITS}], "rules": [denied]})
    world.apply(world.compile(manifest % "red"))

    played = world.apply(world.compile(manifest % "blue"))

    assert played.status == 0
    assert any("tags were not set" in each for each in played.warned)


def test_an_undecided_plan_is_decided_at_apply(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": EXITS}]})
    plan = world.compile(LOGGING, offline=True)

    first, second = world.apply(plan), world.apply(plan)

    assert (first.status, second.status) == (0, 0)
    assert [first.summary.jobs[0].action, second.summary.jobs[0].action] == ["register", "reuse"]
    subnets = world.endpoint.calls("RunTask")[0].parameters["networkConfiguration"]
    assert all(each.startswith("subnet-") for each in subnets["awsvpcConfiguration"]["subnets"])


def test_a_plan_for_another_account_is_refused_before_anything_is_changed(stage: Begin) -> None:
    world = stage()
    pinned = world.compile(QUIET + "aws: {account_id: '111122223333'}\n", offline=True)

    with pytest.raises(OtherAccountError, match="111122223333"):
        world.apply(pinned)

    assert world.calls("RegisterTaskDefinition", "RunTask") == []


def test_a_plan_for_another_region_is_refused_before_any_call(stage: Begin) -> None:
    world = stage()
    plan = world.compile(QUIET)
    world.endpoint.forget_calls()
    elsewhere = replace(world.session, region="eu-west-1")

    with pytest.raises(OtherAccountError, match="region us-east-1, and this apply is for eu-west-1"):
        world.apply(plan, session=elsewhere, gateway=SdkGateway(elsewhere))

    assert world.calls() == []


def test_a_plan_that_reuses_a_revision_of_another_account_says_so(stage: Begin) -> None:
    here, there = stage({"tasks": [{"timeline": EXITS}]}), stage(account="999988887777")
    here.apply(here.compile(QUIET))
    plan = here.compile(QUIET)

    with pytest.raises(OtherAccountError) as caught:
        there.apply(plan)

    assert caught.value.exit_status == 122
    assert "is for account 000000000000, and the credentials are for 999988887777" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(137, "Essential container in task exited; proxy exited with 1", id="stopped with it"),
        pytest.param(3, "Essential container in task exited", id="failed by itself"),
    ],
)
def test_a_job_that_another_container_takes_along_says_so(stage: Begin, code: int, said: str) -> None:
    steps = [
        {"at": 1, "status": "RUNNING"},
        {"at": 2, "exit": 1, "container": "proxy"},
        {"at": 3, "exit": code, "container": "main"},
        {"at": 4, "status": "STOPPED"},
    ]
    world = stage({"tasks": [{"timeline": steps}]})
    containers = "[{name: main, image: alpine}, {name: proxy, image: proxy}]"

    keys = f"container_name: main\ntask_definition: {{containerDefinitions: {containers}}}\n"

    played = world.apply(world.compile(keys))

    assert played.status == code
    assert played.summary.tasks[0].reason == said
