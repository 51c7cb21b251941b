"""`stop`: all tasks of a run, those that start meanwhile, too; or one task, however it is named."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.operations import LIST_TASKS, RUN_TASK, STOP_TASK, Operation
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, LedgerError, UnknownRunError, UsageError
from ecsplan_applier.outcomes.events import Finished, TaskChanged
from ecsplan_applier.outcomes.own_stop_reasons import own_stop
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.outcomes.task import read_task
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.runs.stop.stop_run import MAX_LOOKS, stop_target
from ecsplan_applier.runs.stop.stopped import StoppedRun, StoppedTask
from ecsplan_applier.runs.stop.target import read_target
from ecsplan_applier.runs.stop.wait_stopped import StillStoppingError, wait_until_stopped
from ecsplan_cli.commands.stop import DEFAULT_REASON

Begin = Callable[..., Stage]

HERE = Aws()
CREATE_CLUSTER = Operation("ecs", "CreateCluster", "create_cluster")

RUNNING = {"at": 1, "status": "RUNNING"}
RUNS_ON = [RUNNING, {"at": 4000, "status": "STOPPED", "exitCode": 0}]
STOPS = [{"at": 5, "status": "STOPPING"}, {"at": 30, "status": "STOPPED", "exitCode": 143}]
LONG = {"tasks": [{"timeline": RUNS_ON, "on_stop": STOPS}]}
TWO_JOBS = "image: alpine\nname: etl\ncount: 2\n---\nimage: alpine\nname: report\n"
READING = {"ListClusters", "ListTasks", "DescribeTasks", "DescribeTaskDefinition", "GetCallerIdentity"}


class Stopping:
    """A `stop` against a stage, as another machine makes it."""

    def __init__(self, world: Stage, **options: Any) -> None:
        self.emitted: list[StoppedTask] = []
        self.warnings: list[str] = []
        given: dict[str, Any] = {"gateway": world.gateway, "clock": world.clock, "workers": 0} | options
        self.session = RunSession(world.session, warn=self.warnings.append, **given)

    def stop(self, named: str, reason: str = "enough") -> StoppedRun:
        target = read_target(named, self.session.cluster)
        return self.session.run(stop_target(self.session, target, reason, self.emitted.append))

    def wait(self, done: StoppedRun) -> tuple[StoppedTask, ...]:
        return self.session.run(wait_until_stopped(self.session, done.tasks, self.emitted.append))


def detached(world: Stage, manifest: str = TWO_JOBS, run_id: str = "nightly", **options: Any) -> list[str]:
    """Leave a run running, and return the ARNs of its tasks in the default cluster."""
    world.apply(world.compile(manifest), detach=True, run_id=run_id, **options)
    world.endpoint.forget_calls()
    return sorted(each["taskArn"] for each in world.tasks() if each.get("startedBy") == f"ecsplan/{run_id}")


def reasons(world: Stage) -> list[str | None]:
    return [each.get("stoppedReason") for each in world.tasks()]


def test_a_ledger_that_cannot_be_read_keeps_nothing_running(stage: Begin, tmp_path: Path) -> None:
    world = stage(LONG)
    arns = detached(world)
    ledger = tmp_path / "ledger"
    ledger.write_text("a file", "utf-8")
    stopping = Stopping(world, ledger=ledger)

    done = stopping.stop("nightly")

    assert sorted(each.arn for each in done.tasks) == arns
    assert (done.failed, done.unsettled) == ((), None)
    (warning,) = stopping.warnings
    assert f"the ledger {ledger} cannot be listed" in warning
    with pytest.raises(LedgerError, match="cannot be listed"):
        Stopping(world, ledger=ledger).stop("another")


def test_every_task_of_a_run_is_stopped_and_named(stage: Begin) -> None:
    world = stage(LONG)
    arns = detached(world)
    others = detached(world, "image: alpine\nname: other\n", "beside")
    stopping = Stopping(world)

    done = stopping.stop("nightly")

    assert sorted(each.arn for each in done.tasks) == arns
    assert sorted(each.label for each in done.tasks)[-1] == "report"
    cluster = world.tasks()[0]["clusterArn"]
    assert all(each.identifier == f"{cluster}::{each.arn}" for each in stopping.emitted)
    assert sorted(call.parameters["task"] for call in world.endpoint.calls("StopTask")) == arns
    assert {call.parameters["reason"] for call in world.endpoint.calls("StopTask")} == {"enough"}
    states = {each["taskArn"]: each["desiredStatus"] for each in world.tasks()}
    assert [states[each] for each in (*arns, *others)] == ["STOPPED"] * 3 + ["RUNNING"]
    assert (done.failed, done.starting, done.unsettled) == ((), (), None)


def test_nothing_but_stops_and_looks(stage: Begin) -> None:
    world = stage(LONG)
    detached(world)
    world.endpoint.forget_calls()

    Stopping(world).stop("nightly")

    assert set(world.calls()) - READING == {"StopTask"}


def test_a_run_that_has_ended_is_left_alone(stage: Begin) -> None:
    world = stage()
    world.apply(world.compile(TWO_JOBS), run_id="nightly")
    world.endpoint.forget_calls()

    done = Stopping(world).stop("nightly")

    assert (done.tasks, done.starting, done.unsettled) == ((), (), None)
    assert set(world.calls()) <= READING


def test_tasks_that_are_stopping_are_not_stopped_again(stage: Begin) -> None:
    world = stage(LONG)
    arns = detached(world)
    first = Stopping(world)
    first.stop("nightly")
    world.endpoint.forget_calls()

    second = Stopping(world)
    done = second.stop("nightly")

    assert sorted(each.arn for each in done.tasks) == arns
    assert all(each.was_stopping for each in second.emitted)
    assert world.calls("StopTask") == []


def test_a_result_file_names_a_run(stage: Begin, tmp_path: Path) -> None:
    world = stage(LONG)
    played = world.apply(world.compile(TWO_JOBS), detach=True, run_id="nightly")
    file = tmp_path / "result.json"
    file.write_text(json.dumps(played.summary.to_json()), encoding="utf-8")

    done = Stopping(world).stop(str(file))

    assert (done.run_id, len(done.tasks)) == ("nightly", 3)


def test_an_unknown_run_says_what_was_looked_at(stage: Begin) -> None:
    world = stage(LONG)
    detached(world)

    with pytest.raises(UnknownRunError, match=r"nightly2 is not known; looked at:\n  cluster default"):
        Stopping(world).stop("nightly2")

    assert world.calls("StopTask") == []


class Meanwhile:
    """A gateway before which something happens at each StopTask."""

    def __init__(self, world: Stage, happens: Iterator[Any]) -> None:
        self._gateway, self._happens = world.gateway, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def call(self, target: Any, operation: Operation, request: Any) -> Any:
        answer = self._gateway.call(target, operation, request)
        if operation is STOP_TASK:
            next(self._happens, None)
        return answer


def new_tasks(world: Stage, number: int) -> Iterator[Body]:
    """Start a task of the run at each turn, as an apply does that goes on."""
    gateway, (known,) = world.gateway, world.tasks()
    (attachment,) = known["attachments"]
    subnets = [each["value"] for each in attachment["details"] if each["name"] == "subnetId"]
    request = {
        "taskDefinition": "etl",
        "startedBy": "ecsplan/nightly",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
    }
    for _ in range(number):
        yield gateway.call(gateway.target(HERE), RUN_TASK, request)


@pytest.mark.parametrize(
    ("number", "stopped", "is_settled"),
    [
        pytest.param(1, 2, True, id="one more"),
        pytest.param(MAX_LOOKS - 2, MAX_LOOKS - 1, True, id="as many as are waited for"),
        pytest.param(MAX_LOOKS * 3, MAX_LOOKS, False, id="without end"),
    ],
)
def test_tasks_that_start_meanwhile(stage: Begin, number: int, stopped: int, is_settled: bool) -> None:
    world = stage(LONG)
    detached(world, "image: alpine\nname: etl\n")
    gateway = Meanwhile(world, new_tasks(world, number))

    done = Stopping(world, gateway=gateway).stop("nightly")

    assert len({each.arn for each in done.tasks}) == stopped == len(world.calls("StopTask"))
    assert (done.unsettled is None) is is_settled


@pytest.mark.parametrize(
    ("rule", "calls"),
    [
        pytest.param({"action": "throttle", "calls": "1-3"}, 6, id="throttled"),
        pytest.param({"action": "reset-before", "calls": "1-2"}, 5, id="not reached"),
        pytest.param({"action": "reset-after", "calls": "1"}, 4, id="lost answers"),
        pytest.param({"action": "error", "calls": "2"}, 4, id="a 5xx"),
        pytest.param(
            {"action": "error", "code": "AccessDeniedException", "calls": "1"}, 4, id="refused once"
        ),
    ],
)
def test_calls_that_fail_are_made_again(stage: Begin, rule: dict[str, Any], calls: int) -> None:
    world = stage(LONG)
    arns = detached(world)
    world.endpoint.set_faults({"rules": [{"operation": "StopTask", **rule}], **LONG})

    done = Stopping(world).stop("nightly")

    assert done.failed == ()
    assert len(world.calls("StopTask")) == calls
    assert reasons(world) == ["enough"] * len(arns)


def test_what_was_not_stopped_is_told_from_what_was(stage: Begin) -> None:
    world = stage(LONG)
    arns = detached(world)
    denied = {"operation": "StopTask", "action": "error", "code": "AccessDeniedException", "message": "no"}
    world.endpoint.set_faults({"rules": [{**denied, "where": {"task": arns[1]}}], **LONG})
    stopping = Stopping(world)

    done = stopping.stop("nightly")

    assert [each.arn for each in done.failed] == [arns[1]]
    assert isinstance(done.failed[0].error, AwsError)
    assert done.failed[0].error.code == "AccessDeniedException"
    assert sorted(each.arn for each in stopping.emitted if each.error is None) == [arns[0], arns[2]]


def test_a_refusal_does_not_matter_once_the_task_stops(stage: Begin) -> None:
    world = stage(LONG)
    (arn,) = detached(world, "image: alpine\nname: etl\n")
    denied = {"operation": "StopTask", "action": "error", "code": "AccessDeniedException", "message": "no"}
    world.endpoint.set_faults({"rules": [{**denied, "calls": "2-"}], **LONG})

    world.ask(STOP_TASK, task=arn, reason="theirs")
    done = Stopping(world).stop("nightly")

    assert done.failed == ()
    assert reasons(world) == ["theirs"]


def named_forms(arn: str) -> dict[str, str]:
    task_id = arn.rpartition("/")[2]
    return {
        "identifier": f"default::{arn}",
        "cluster and id": f"default::{task_id}",
        "ARN": arn,
        "id": task_id,
    }


@pytest.mark.parametrize(
    ("form", "operations"),
    [
        pytest.param("identifier", {"StopTask"}, id="CLUSTER::TASK_ARN"),
        pytest.param("cluster and id", {"StopTask"}, id="CLUSTER::TASK_ID"),
        pytest.param("ARN", {"StopTask"}, id="TASK_ARN"),
        pytest.param("id", {"StopTask", "ListClusters", "DescribeTasks"}, id="TASK_ID"),
    ],
)
def test_one_task_of_a_run(stage: Begin, form: str, operations: set[str]) -> None:
    world = stage(LONG)
    arns = detached(world)
    world.endpoint.forget_calls()

    done = Stopping(world).stop(named_forms(arns[1])[form])

    assert set(world.calls()) == operations
    assert [each.arn for each in done.tasks] == [arns[1]]
    assert done.run_id is None
    stopped = [each["taskArn"] for each in world.tasks() if each["desiredStatus"] == "STOPPED"]
    assert stopped == [arns[1]]


def test_a_task_id_is_found_in_any_cluster(stage: Begin) -> None:
    world = stage(LONG)
    for name in ("one", "two"):
        world.ask(CREATE_CLUSTER, clusterName=name)
    detached(world, "image: alpine\ncluster: two\nname: etl\n")
    (arn,) = world.ask(LIST_TASKS, cluster="two")["taskArns"]
    task_id = arn.rpartition("/")[2]

    elsewhere = Stopping(world, cluster="one")
    with pytest.raises(UnknownRunError, match="there is no task"):
        elsewhere.stop(task_id)
    done = Stopping(world).stop(task_id)

    assert [each.identifier for each in done.tasks] == [f"two::{arn}"]


def test_32_hex_digits_that_are_no_task_are_a_run(stage: Begin) -> None:
    world = stage(LONG)
    run_id = "0123456789abcdef" * 2
    arns = detached(world, TWO_JOBS, run_id)

    done = Stopping(world).stop(run_id)

    assert (done.run_id, sorted(each.arn for each in done.tasks)) == (run_id, arns)


ARN = "arn:aws:ecs:us-east-1:000000000000:task/default/" + "0" * 32


@pytest.mark.parametrize(
    ("named", "options", "kind", "message"),
    [
        pytest.param("a b", {}, UsageError, "neither a file", id="no run id"),
        pytest.param("default::x", {}, UsageError, "names no task", id="no task id"),
        pytest.param(f"::{ARN}", {}, UsageError, "names no task", id="no cluster"),
        pytest.param("arn:aws:s3:::bucket", {}, UsageError, "names no task", id="another ARN"),
        pytest.param(f"default::{ARN}", {"cluster": "other"}, UsageError, "leave it out", id="two clusters"),
        pytest.param(ARN, {"cluster": "other"}, UsageError, "leave it out", id="another cluster"),
        pytest.param(ARN, {}, AwsError, "task was not found", id="unknown ARN"),
        pytest.param(f"nowhere::{ARN}", {}, AwsError, "Cluster not found", id="unknown cluster"),
        pytest.param("0" * 32, {}, UnknownRunError, f"no task {'0' * 32}, and the run", id="neither"),
        pytest.param(
            ARN.replace("default/", ""), {}, UnknownRunError, "us-east-1|default", id="unknown short ARN"
        ),
    ],
)
def test_what_cannot_be_stopped(
    stage: Begin, named: str, options: dict[str, str], kind: type[ApplierError], message: str
) -> None:
    world = stage(LONG)
    detached(world)

    with pytest.raises(kind, match=message):
        Stopping(world, **options).stop(named)

    assert {each["desiredStatus"] for each in world.tasks()} == {"RUNNING"}


def test_waiting_ends_when_the_last_task_has_stopped(stage: Begin) -> None:
    world = stage(LONG)
    arns = detached(world)
    stopping = Stopping(world)
    done = stopping.stop("nightly")
    stopping.emitted.clear()

    ended = stopping.wait(done)

    assert sorted(each.arn for each in ended) == arns
    assert all(each.is_over for each in stopping.emitted)
    assert {each["lastStatus"] for each in world.tasks()} == {"STOPPED"}


def test_waiting_for_what_never_stops_has_an_end(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": [RUNNING], "on_stop": []}]})
    (arn,) = detached(world, "image: alpine\nname: etl\n")
    stopping = Stopping(world)

    with pytest.raises(StillStoppingError, match=arn.rpartition("/")[2]):
        stopping.wait(stopping.stop("nightly"))


def test_a_task_that_ecs_does_not_show_for_a_moment_has_not_stopped(stage: Begin) -> None:
    world = stage(LONG)
    (arn,) = detached(world, "image: alpine\nname: etl\n")
    stopping = Stopping(world)
    done = stopping.stop("nightly")
    world.endpoint.set_faults({"rules": [{"action": "missing", "calls": "1-3"}]})

    (ended,) = stopping.wait(done)

    assert (ended.arn, ended.is_over) == (arn, True)


def test_an_apply_does_not_take_the_default_reason_for_its_own(stage: Begin) -> None:
    world = stage(LONG)
    detached(world)
    stopping = Stopping(world)

    stopping.wait(stopping.stop("nightly", DEFAULT_REASON))

    assert set(reasons(world)) == {DEFAULT_REASON}
    tasks = [read_task(each) for each in world.tasks()]
    assert [own_stop(each) for each in tasks if each is not None] == [None] * 3


def test_an_apply_that_follows_does_not_try_a_stopped_task_again(stage: Begin) -> None:
    world = stage(LONG)
    manifest = (
        "image: alpine\nname: etl\nretry: {attempts: 3, on: [failure]}\n---\n"
        "image: alpine\nname: load\nafter: [etl]\n"
    )
    plan = world.compile(manifest)
    events = world.events(plan, run_id="nightly")
    for event in events:
        if isinstance(event, TaskChanged) and event.status == "RUNNING":
            break
    done = Stopping(world).stop("nightly")

    *_, last = events

    assert [each.label for each in done.tasks] == ["etl"]
    assert isinstance(last, Finished)
    assert [each.outcome for each in last.summary.tasks] == [Outcome.FAILED, Outcome.SKIPPED]
    assert world.calls("RunTask") == ["RunTask"]
