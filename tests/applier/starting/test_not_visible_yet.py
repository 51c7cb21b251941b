"""What ECS does not show yet is not something else: several machines apply one run id at the same moment."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Played, Stage

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
SHORT = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 3}]
LONG = [{"at": 1, "status": "RUNNING"}, {"at": 300, "status": "STOPPED", "exitCode": 3}]
LAGS = [0.5, 4.0, 20.0]


class Lagging:
    """A gateway to an ECS that shows tasks, and revisions, only some time after they were made.

    Before its first RunTask call, another machine applies the same run.
    """

    def __init__(self, world: Stage, lag_s: float, meanwhile: Callable[[], object] | None = None) -> None:
        self._world = world
        self._lag_s = lag_s
        self._meanwhile = meanwhile

    def target(self, aws: Aws) -> Target:
        return self._world.gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.name == "RunTask" and self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        answer = self._world.gateway.call(target, operation, request)
        match operation.name:
            case "DescribeTasks":
                return {**answer, "tasks": [each for each in answer["tasks"] if self._is_shown(each)]}
            case "ListTasks" if answer["taskArns"]:
                tasks = self._world.ask(DESCRIBE, tasks=answer["taskArns"])["tasks"]
                shown = [each["taskArn"] for each in tasks if self._is_shown(each)]
                return {**answer, "taskArns": shown}
        return answer

    def _is_shown(self, task: Body) -> bool:
        return bool(self._world.clock.now() - task["createdAt"].timestamp() >= self._lag_s)


DESCRIBE = Operation("ecs", "DescribeTasks", "describe_tasks")


def applied(world: Stage, plan: Any, name: str, **options: Any) -> Played:
    """Apply on a machine of its own, which shares no lock and no record."""
    folder = world.folder / name
    return world.apply(plan, run_id="run", locks=folder / "locks", state=folder / "state", **options)


@pytest.mark.parametrize("lag_s", LAGS)
@pytest.mark.parametrize("timeline", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long")])
@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize(
    "keys", ["", "auto_deregister_task_definition: true\n"], ids=["kept", "deregistered"]
)
def test_two_machines_end_with_the_jobs_result(
    stage: Begin, lag_s: float, timeline: object, count: int, keys: str
) -> None:
    """Both register, so that the token comes with another revision; the tasks are not shown yet."""
    world = stage({"tasks": [{"timeline": timeline}]})
    plan = world.compile(HELLO + f"count: {count}\n{keys}")
    others: list[Played] = []

    def meanwhile() -> None:
        world.register(**plan.jobs[0].definition.request)
        detach = timeline is LONG and not keys
        others.append(applied(world, plan, "other", detach=detach, gateway=Lagging(world, lag_s)))

    played = applied(world, plan, "one", gateway=Lagging(world, lag_s, meanwhile))

    assert [each.exit_code for each in played.summary.tasks] == [3] * count
    assert {each.arn for each in others[0].summary.tasks} == {each.arn for each in played.summary.tasks}
    assert len(world.tasks()) == count


@pytest.mark.parametrize("lag_s", LAGS)
def test_a_reused_revision_that_another_machine_deregistered(stage: Begin, lag_s: float) -> None:
    world = stage({"tasks": [{"timeline": SHORT}]})
    arn = world.register(**world.compile(HELLO).jobs[0].definition.request)
    plan = world.compile(HELLO)

    def meanwhile() -> None:
        applied(world, plan, "other")
        world.deregister(arn)

    gateway = Lagging(world, min(lag_s, 5.0), meanwhile)
    played = applied(world, plan, "one", gateway=gateway)

    assert (played.status, len(world.tasks())) == (3, 1)


@pytest.mark.parametrize("lag_s", LAGS)
@pytest.mark.parametrize("other", ["image: busybox\n", "image: alpine\ncommand: [other]\n"])
def test_what_is_shown_late_and_differs_is_another_request(stage: Begin, lag_s: float, other: str) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    plan, different = world.compile(HELLO), world.compile(other)

    def meanwhile() -> None:
        applied(world, different, "other", detach=True, refresh=True)

    played = applied(world, plan, "one", gateway=Lagging(world, lag_s, meanwhile))

    task = played.summary.tasks[0]
    assert (played.status, task.outcome) == (122, Outcome.OTHER_REQUEST)
    assert world.tasks()[0]["taskArn"] in (task.reason or "")
    assert len(world.tasks()) == 1


def test_what_is_never_shown_is_no_verdict(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LONG}]})
    plan = world.compile(HELLO)

    def meanwhile() -> None:
        world.register(**plan.jobs[0].definition.request)
        applied(world, plan, "other", detach=True)

    played = applied(world, plan, "one", gateway=Lagging(world, 10_000, meanwhile))

    assert (played.status, played.summary.tasks[0].outcome) == (125, Outcome.REFUSED)
    assert world.tasks()[0]["taskArn"] in (played.summary.tasks[0].reason or "")


def test_a_refused_token_of_which_nothing_is_known_is_another_request(stage: Begin) -> None:
    world = stage({"rules": [{"operation": "RunTask", "action": "error", "code": "ConflictException"}]})

    assert applied(world, world.compile(HELLO), "one").status == 122
