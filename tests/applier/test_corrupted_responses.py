"""An answer is not the state: whatever is answered, nothing is doubled, and no running task is unnamed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from apply_stage import LOGGING, Played, Stage
from corrupting_wire import CORRUPTED, DEEP, CorruptingServer, raw

from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import ApplierError
from ecsplan_applier.outcomes.events import Deregistered
from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]

HELLO = "image: alpine\n"
LIFE = [
    {"at": 1, "status": "PENDING"},
    {"at": 3, "status": "RUNNING"},
    {"at": 4, "log": ["one", "two", "two"], "timestamp": [4.0, 4.0, 4.0]},
    {"at": 30, "log": "three"},
    {"at": 40, "status": "STOPPED", "exitCode": 3},
]
STOPPABLE = {"timeline": LIFE[:4], "on_stop": [{"at": 1, "status": "STOPPED", "exitCode": 143}]}
EFFECTS = [pytest.param(False, id="no effect"), pytest.param(True, id="effect")]


class Wired:
    """A stage whose applies reach it over a wire that corrupts answers."""

    def __init__(self, world: Stage, wire: CorruptingServer) -> None:
        self.world = world
        self.wire = wire

    def apply(self, plan: Plan, **options: object) -> Played:
        session = replace(self.world.session, endpoint_url=self.wire.url)
        return self.world.apply(plan, gateway=way(self.wire.url), session=session, **options)

    @property
    def arns(self) -> set[str]:
        return {each["taskArn"] for each in self.world.tasks()}


@contextmanager
def wired(world: Stage) -> Iterator[Wired]:
    wire = the_wire()
    wire.forget(world.endpoint)
    yield Wired(world, wire)


@cache
def the_wire() -> CorruptingServer:
    """Return the wire that all tests of this process share: each client takes half a second."""
    return CorruptingServer()


@cache
def way(url: str) -> SdkGateway:
    return SdkGateway(SessionOptions("us-east-1", None, None, url, ("local", "local"), 5.0), connections=1)


@pytest.mark.parametrize("corrupted", CORRUPTED)
@pytest.mark.parametrize("effect", EFFECTS)
def test_a_start_whose_answer_is_corrupted_is_the_only_one(
    stage: Begin, corrupted: str, effect: bool
) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile(HELLO + "count: 2\n")
    with wired(world) as over:
        over.wire.corrupt("RunTask", CORRUPTED[corrupted], effect=effect)

        played = over.apply(plan)

    assert [each.exit_code for each in played.summary.tasks] == [3, 3]
    assert {each.arn for each in played.summary.tasks} == over.arns


@pytest.mark.parametrize("corrupted", CORRUPTED)
@pytest.mark.parametrize(
    ("operation", "calls"),
    [
        pytest.param("DescribeTaskDefinition", (1,), id="DescribeTaskDefinition"),
        pytest.param("RegisterTaskDefinition", (1,), id="RegisterTaskDefinition"),
        pytest.param("DescribeTasks", (1, 3, 4), id="DescribeTasks"),
        pytest.param("GetLogEvents", (1, 2, 5), id="GetLogEvents"),
        pytest.param("ListTasks", (1,), id="ListTasks"),
        pytest.param("DeregisterTaskDefinition", (1,), id="DeregisterTaskDefinition"),
    ],
)
def test_a_corrupted_answer_ends_nothing(stage: Begin, corrupted: str, operation: str, calls: Any) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile(LOGGING + "auto_deregister_task_definition: true\n")
    with wired(world) as over:
        over.wire.corrupt(operation, CORRUPTED[corrupted], calls=calls, effect=operation.startswith("Reg"))

        played = over.apply(plan)

    assert played.status == 3
    assert played.warned == []
    assert sorted(played.lines) == ["one", "three", "two", "two"]
    assert {each.arn for each in played.summary.tasks} == over.arns
    assert (world.revisions(), world.revisions(status="INACTIVE")) == ([], [1])


@pytest.mark.parametrize("answer", [*CORRUPTED, "denied", "throttled", "failed", "gone"])
@pytest.mark.parametrize("calls", [pytest.param((1,), id="once"), pytest.param((1, 2, 3), id="three times")])
def test_a_stop_is_sent_again_until_the_task_stops(stage: Begin, answer: str, calls: Any) -> None:
    errors = {
        "denied": raw(400, b'{"__type": "AccessDeniedException", "message": "no"}'),
        "throttled": raw(400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'),
        "failed": raw(500, b'{"__type": "ServerException", "message": "internal"}'),
        "gone": raw(
            400, b'{"__type": "InvalidParameterException", "message": "The referenced task was not found."}'
        ),
    }
    world = stage({"tasks": [STOPPABLE]})
    plan = world.compile(HELLO + "task_timeout_seconds: 5\n")
    sent: list[float] = []
    with wired(world) as over:
        over.wire.on_call = lambda name, _: sent.append(world.clock.now()) if name == "StopTask" else None
        over.wire.corrupt("StopTask", (CORRUPTED | errors)[answer], calls=calls)

        played = over.apply(plan)

    assert (played.status, played.summary.left_running) == (124, ())
    assert len(sent) == len(calls) + 1
    assert all(after - before <= 5.0 for before, after in pairwise(sent))


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_stop_whose_answer_says_that_it_stops_and_does_not_is_sent_again(
    stage: Begin, effect: bool
) -> None:
    """The answer is AWS's and says STOPPED; DescribeTasks says RUNNING."""
    world = stage({"tasks": [STOPPABLE]})
    plan = world.compile(HELLO + "task_timeout_seconds: 5\n")
    said = b'{"task": {"taskArn": "arn", "lastStatus": "RUNNING", "desiredStatus": "STOPPED"}}'
    with wired(world) as over:
        over.wire.corrupt("StopTask", raw(200, said), effect=effect)

        played = over.apply(plan)

    assert (played.status, over.wire.counts["StopTask"]) == (124, 1 if effect else 2)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ClientException", "InvalidParameterException"])
@pytest.mark.parametrize("operation", ["DescribeTasks", "GetLogEvents"])
def test_a_single_refusal_ends_no_watch_and_no_log(stage: Begin, operation: str, code: str) -> None:
    rule = {"operation": operation, "action": "error", "code": code, "calls": ["2", "4"]}
    world = stage({"tasks": [{"timeline": LIFE}], "rules": [rule]})

    played = world.apply(world.compile(LOGGING))

    assert (played.status, played.warned) == (3, [])
    assert sorted(played.lines) == ["one", "three", "two", "two"]


@pytest.mark.parametrize("position", [1, 2, 3, 5])
def test_a_position_that_is_refused_is_found_again_from_the_head(stage: Begin, position: int) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile(LOGGING)
    refused: list[str] = []

    class Forgetful:
        """A gateway to logs that do not know a position any more."""

        def target(self, aws: Aws) -> Target:
            return world.gateway.target(aws)

        def call(self, target: Target, operation: Operation, request: Body) -> Body:
            token = request.get("nextToken")
            if token is not None and len(refused) < position:
                refused.append(str(token))
                request = {**request, "nextToken": "f/none"}
            return world.gateway.call(target, operation, request)

    played = world.apply(plan, gateway=Forgetful())

    assert len(refused) == position
    assert sorted(played.lines) == ["one", "three", "two", "two"]
    assert played.status == 3


class Raising:
    """A gateway of which a call raises what nobody expects, after its effect or without it."""

    def __init__(self, world: Stage, operation: str, error: Exception, *, effect: bool) -> None:
        self._inner = world.gateway
        self._operation = operation
        self._error: Exception | None = error
        self._effect = effect

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.name != self._operation or self._error is None:
            return self._inner.call(target, operation, request)
        error, self._error = self._error, None
        if self._effect:
            self._inner.call(target, operation, request)
        raise error


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), RuntimeError("?"), OSError("bad")])
@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "RunTask", "DescribeTasks", "GetLogEvents"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_whatever_a_worker_raises_is_an_answer_that_is_not_known(
    stage: Begin, operation: str, error: Exception, effect: bool
) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    gateway = Raising(world, operation, error, effect=effect)

    played = world.apply(world.compile(LOGGING), gateway=gateway)

    assert played.status == 3
    assert [each.arn for each in played.summary.tasks] == [each["taskArn"] for each in world.tasks()]
    assert world.revisions() == [1]


@pytest.mark.parametrize("resumed", [pytest.param("run", id="run id"), pytest.param(None, id="fresh")])
@pytest.mark.parametrize(
    "place",
    [
        pytest.param("ecsplan_applier.starting.launch.Launch._assign", id="while starting"),
        pytest.param("ecsplan_applier.tasks.watch.Watcher._take", id="while watching"),
        pytest.param("ecsplan_applier.logs.log_stream.LogStream._hand_on", id="while reading the log"),
        pytest.param("ecsplan_applier.run_plan.deregister", id="while cleaning up"),
    ],
)
def test_a_defect_of_ours_names_what_runs(
    stage: Begin, monkeypatch: pytest.MonkeyPatch, place: str, resumed: str | None
) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile(LOGGING + "count: 2\nauto_deregister_task_definition: true\n")

    def broken(*_: object, **__: object) -> object:
        raise KeyError("surprise")

    monkeypatch.setattr(place, broken)
    played = world.apply(plan, run_id=resumed)

    named = str(played.summary.to_json()["left_running"])
    running = [each["taskArn"] for each in world.tasks() if each["lastStatus"] != "STOPPED"]
    assert (played.status, played.summary.failure is not None) == (125, True)
    assert [arn for arn in running if arn not in named] == []
    assert any("KeyError: 'surprise'" in each for each in played.warned)


@pytest.mark.parametrize("operation", ["DescribeTaskDefinition", "RunTask", "ListTasks"])
def test_what_answers_is_not_aws_at_all(stage: Begin, operation: str) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile(HELLO)
    with wired(world) as over:
        over.wire.corrupt(operation, CORRUPTED["a web page with 200"], calls=range(1, 10_000))
        try:
            played = over.apply(plan, run_id="run")
        except ApplierError as error:
            said, status = str(error), error.exit_status
        else:
            said, status = str([each.reason for each in played.summary.tasks]), played.status

    assert status == 125
    assert f"{operation}" in said
    assert "is not a response from AWS" in said
    assert over.arns == set()


def test_an_answer_is_read_as_deeply_as_python_can(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    with wired(world) as over:
        over.wire.corrupt("DescribeTasks", raw(200, b'{"tasks":' + b'{"a":' * DEEP), calls=(1, 2, 3))

        assert over.apply(world.compile(HELLO)).status == 3


@pytest.mark.parametrize("reason", ["RESOURCE:MEMORY", "Capacity is unavailable at this time", "ATTRIBUTE"])
@pytest.mark.parametrize("length", [pytest.param(2, id="over soon"), pytest.param(40, id="running")])
@pytest.mark.parametrize("resumed", [pytest.param("run", id="run id"), pytest.param(None, id="fresh")])
def test_failures_are_no_proof_that_nothing_was_started(
    stage: Begin, reason: str, length: int, resumed: str | None
) -> None:
    steps = [{"at": 0.5, "status": "RUNNING"}, {"at": length, "status": "STOPPED", "exitCode": 3}]
    world = stage({"tasks": [{"timeline": steps}]})
    gateway = Lying(world, {"tasks": [], "failures": [{"reason": reason}]}, calls=1)

    played = world.apply(world.compile(HELLO), gateway=gateway, run_id=resumed)

    assert [each.arn for each in played.summary.tasks] == [each["taskArn"] for each in world.tasks()]
    assert played.status == 3


def test_a_part_of_the_tasks_that_failures_hide_is_found(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    gateway = Lying(world, {"failures": [{"reason": "RESOURCE:CPU"}] * 3}, calls=2, keep=7)

    played = world.apply(world.compile(HELLO + "count: 23\n"), gateway=gateway)

    assert {each.arn for each in played.summary.tasks} == {each["taskArn"] for each in world.tasks()}
    assert len(world.tasks()) == 23


@pytest.mark.parametrize("hide_s", [0.0, 1.0, 3.0, 10.0])
def test_a_replay_shows_what_failures_hid(stage: Begin, hide_s: float) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    lie = {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}

    played = world.apply(
        world.compile(HELLO + "count: 12\n"), gateway=Lying(world, lie, calls=1, hide_s=hide_s)
    )

    assert (len(world.tasks()), len(played.summary.tasks)) == (12, 12)
    assert played.warned == []


def test_a_task_that_is_listed_late_is_watched_to_its_end(stage: Begin) -> None:
    """What `failures` hid, twice, is listed only after another attempt: both tasks are in the summary."""
    world = stage({"tasks": [{"timeline": LIFE}]})
    gateway = Lying(world, {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}, calls=2, hide_s=10)

    played = world.apply(world.compile(HELLO), gateway=gateway)

    assert {each.arn for each in played.summary.tasks} == {each["taskArn"] for each in world.tasks()}
    assert all(each.over for each in played.summary.tasks)
    assert any("no response mentioned it" in each for each in played.warned)


def test_without_a_look_nothing_is_started_again(stage: Begin) -> None:
    denied = {"operation": "ListTasks", "action": "error", "code": "AccessDeniedException"}
    world = stage({"tasks": [{"timeline": LIFE}], "rules": [denied]})
    gateway = Lying(world, {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}, calls=2)

    played = world.apply(world.compile(HELLO), gateway=gateway)

    assert (played.status, played.summary.tasks[0].outcome) == (125, Outcome.REFUSED)
    assert "ListTasks" in (played.summary.tasks[0].reason or "")
    assert len(world.ask_past_faults()) == 1
    assert any("could not be checked" in each for each in played.warned)


def test_a_revision_that_a_corrupted_answer_deregistered_is_said_to_be(stage: Begin) -> None:
    world = stage({"tasks": [{"timeline": LIFE}]})
    plan = world.compile(HELLO + "auto_deregister_task_definition: true\n")
    with wired(world) as over:
        page = CORRUPTED["a web page with 200"]
        over.wire.corrupt("DeregisterTaskDefinition", page, calls=range(1, 1000), effect=True)

        played = over.apply(plan)

    assert (played.warned, len(played.of(Deregistered))) == ([], 1)


class Lying:
    """A gateway that starts tasks and answers that it could not; they may be listed late."""

    def __init__(self, world: Stage, answer: Body, *, calls: int, keep: int = 0, hide_s: float = 0.0) -> None:
        self._world = world
        self._answer = answer
        self._left = calls
        self._keep = keep
        self._hide_s = hide_s
        self._hidden_until = 0.0

    def target(self, aws: Aws) -> Target:
        return self._world.gateway.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        answer = self._world.gateway.call(target, operation, request)
        now = self._world.clock.now()
        if operation.name == "ListTasks" and now < self._hidden_until:
            return {**answer, "taskArns": []}
        if operation.name != "RunTask" or not self._left:
            return answer
        self._left -= 1
        self._hidden_until = now + self._hide_s
        return (
            {**answer, "tasks": answer["tasks"][: self._keep], **self._answer}
            if not self._keep
            else {**answer, **self._answer, "tasks": answer["tasks"][: self._keep]}
        )
