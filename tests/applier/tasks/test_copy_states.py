"""Copies and jobs: each transition from each state, and nothing but their own methods changes them."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from compiled_jobs import compiled
from places import ROOT

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.outcomes.result import Outcome, TaskResult, phases
from ecsplan_applier.outcomes.task import Task, read_task
from ecsplan_applier.tasks import copy_state
from ecsplan_applier.tasks.copies import Copy
from ecsplan_applier.tasks.copy_state import (
    Abandoned,
    CopyState,
    Detached,
    Ended,
    Followed,
    NotStarted,
    Recalled,
    Requested,
    Running,
    Starting,
    StateError,
    Stopping,
    StopRequest,
    Waiting,
)
from ecsplan_applier.tasks.job_run import JobRun
from ecsplan_applier.tasks.verdicts import Verdict

APPLIER = ROOT / "applier" / "ecsplan_applier"
ARN = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef"


def task(status: str) -> Task:
    found = read_task({"taskArn": ARN, "lastStatus": status})
    assert found is not None
    return found


PENDING = Followed(task("PENDING"), attached=False, launched_at=10.0, changed_at=10.0)
RUN = Followed(task("RUNNING"), attached=False, launched_at=10.0, changed_at=12.0)
OVER = Followed(task("STOPPED"), attached=False, launched_at=10.0, changed_at=14.0)
DECIDED = StopRequest(Outcome.TIMEOUT, 13.0)
SENT = StopRequest(Outcome.TIMEOUT, 13.0, sent=True)
LOST = Verdict(Outcome.LOST, "lost")
END = TaskResult(
    "hello",
    1,
    "hello",
    Outcome.SUCCEEDED,
    ARN,
    "default",
    "STOPPED",
    0,
    None,
    None,
    None,
    phases(OVER.task.times),
    True,
    False,
)
STATES: dict[str, CopyState] = {
    "waiting": Waiting(),
    "requested": Requested(),
    "not started": NotStarted(LOST, requested=False),
    "starting": Starting(PENDING),
    "running": Running(RUN, 12.0),
    "stop decided": Stopping(RUN, 12.0, DECIDED),
    "stop sent": Stopping(RUN, 12.0, SENT),
    "ended": Ended(OVER, None),
    "abandoned": Abandoned(RUN, None, LOST),
    "detached": Detached(RUN),
    "recalled": Recalled(END),
}
TRANSITIONS: dict[str, Callable[[CopyState], CopyState]] = {
    "request": copy_state.request,
    "decline": copy_state.decline,
    "assign": lambda state: copy_state.assign(state, PENDING),
    "observe PENDING": lambda state: copy_state.observe(state, task("PENDING"), now=20.0, ran_for_s=0.0),
    "observe RUNNING": lambda state: copy_state.observe(state, task("RUNNING"), now=20.0, ran_for_s=0.0),
    "observe STOPPED": lambda state: copy_state.observe(state, task("STOPPED"), now=20.0, ran_for_s=0.0),
    "miss": lambda state: copy_state.miss(state, 20.0),
    "request stop": lambda state: copy_state.request_stop(state, StopRequest(Outcome.INTERRUPTED, 20.0)),
    "send stop": lambda state: copy_state.send_stop(state, 20.0),
    "give up": lambda state: copy_state.give_up(state, Verdict(Outcome.REFUSED, "no")),
    "recall": lambda state: copy_state.recall(state, END),
    "detach": copy_state.detach,
}
X, SAME = "impossible", "same"
TABLE = {
    #                    waiting, requested, not started, starting, running,
    #                    stop decided, stop sent, ended, abandoned, detached, recalled
    "request": [Requested, SAME, X, X, X, X, X, X, X, X, X],
    "decline": [X, Waiting, X, X, X, X, X, X, X, X, X],
    "assign": [Starting, Starting, X, X, X, X, X, X, X, X, X],
    "observe PENDING": [X, X, X, SAME, Running, Stopping, Stopping, X, X, X, X],
    "observe RUNNING": [X, X, X, Running, SAME, SAME, SAME, X, X, X, X],
    "observe STOPPED": [X, X, X, Ended, Ended, Ended, Ended, X, X, X, X],
    "miss": [X, X, X, Starting, Running, Stopping, Stopping, X, X, X, X],
    "request stop": [SAME, SAME, SAME, Stopping, Stopping, SAME, SAME, SAME, SAME, SAME, SAME],
    "send stop": [X, X, X, X, X, Stopping, Stopping, SAME, SAME, SAME, X],
    "give up": [
        NotStarted,
        NotStarted,
        SAME,
        Abandoned,
        Abandoned,
        Abandoned,
        Abandoned,
        SAME,
        SAME,
        SAME,
        SAME,
    ],
    "recall": [Recalled, X, X, X, X, X, X, X, X, X, X],
    "detach": [X, X, X, X, Detached, Detached, X, Detached, Detached, X, X],
}
"""What each transition makes of each state: the next state's class, the same state, or a StateError."""


def rows() -> Iterator[object]:
    for name, expected in TABLE.items():
        for (state, _), wanted in zip(STATES.items(), expected, strict=True):
            yield pytest.param(name, state, wanted, id=f"{name}: {state}")


@pytest.mark.parametrize(("transition", "state", "wanted"), list(rows()))
def test_a_transition(transition: str, state: str, wanted: object) -> None:
    before, make = STATES[state], TRANSITIONS[transition]

    if wanted == X:
        with pytest.raises(StateError, match=type(before).__name__):
            make(before)
        return
    after = make(before)

    assert after == before if wanted == SAME else type(after) is wanted and after != before


def test_the_table_has_every_transition_and_every_state() -> None:
    made = {each.partition(" ")[0] if each.startswith("observe") else each for each in TRANSITIONS}
    public = {
        node.name.replace("_", " ")
        for node in ast.parse((APPLIER / "tasks" / "copy_state.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or node) == "CopyState"
        if not node.name.startswith("_")
    }

    assert TABLE.keys() == TRANSITIONS.keys()
    assert made == public
    assert {type(each) for each in STATES.values()} == set(CopyState.__args__)


@pytest.mark.parametrize(
    ("state", "transition", "after"),
    [
        pytest.param(
            Requested(),
            lambda state: copy_state.give_up(state, LOST),
            NotStarted(LOST, requested=True),
            id="that ECS was asked is remembered",
        ),
        pytest.param(
            Starting(PENDING),
            lambda state: copy_state.observe(state, task("RUNNING"), now=20.0, ran_for_s=7.0),
            Running(Followed(task("RUNNING"), False, 10.0, 20.0), 13.0),
            id="an attached task has run before",
        ),
        pytest.param(
            Running(RUN, 12.0),
            lambda state: copy_state.observe(state, task("RUNNING"), now=20.0, ran_for_s=7.0),
            Running(RUN, 12.0),
            id="the first sight of running counts",
        ),
        pytest.param(
            Running(RUN, 12.0),
            lambda state: copy_state.miss(copy_state.miss(state, 20.0), 25.0),
            Running(Followed(task("RUNNING"), False, 10.0, 12.0, missing_since=20.0), 12.0),
            id="missing since the first time",
        ),
        pytest.param(
            Running(Followed(task("RUNNING"), False, 10.0, 12.0, missing_since=20.0), 12.0),
            lambda state: copy_state.observe(state, task("RUNNING"), now=21.0, ran_for_s=0.0),
            Running(RUN, 12.0),
            id="seen again, it is no longer missing",
        ),
        pytest.param(
            Stopping(RUN, 12.0, DECIDED),
            lambda state: copy_state.send_stop(state, 20.0),
            Stopping(RUN, 12.0, StopRequest(Outcome.TIMEOUT, 20.0, sent=True)),
            id="the time to stop counts from the call",
        ),
        pytest.param(
            Stopping(PENDING, None, SENT),
            lambda state: copy_state.observe(state, task("RUNNING"), now=20.0, ran_for_s=0.0),
            Stopping(Followed(task("RUNNING"), False, 10.0, 20.0), 20.0, SENT),
            id="a task may begin to run while it is stopped",
        ),
        pytest.param(
            Stopping(RUN, 12.0, SENT),
            lambda state: copy_state.request_stop(state, StopRequest(Outcome.INTERRUPTED, 20.0)),
            Stopping(RUN, 12.0, SENT),
            id="the first reason to stop stays",
        ),
    ],
)
def test_what_a_transition_keeps(
    state: CopyState, transition: Callable[[CopyState], CopyState], after: CopyState
) -> None:
    assert transition(state) == after


@pytest.mark.parametrize("stop", [pytest.param(DECIDED, id="not sent"), pytest.param(SENT, id="sent")])
def test_a_stop_counts_once_it_was_sent(stop: StopRequest) -> None:
    after = copy_state.observe(Stopping(RUN, 12.0, stop), task("STOPPED"), now=20.0, ran_for_s=0.0)

    assert copy_state.stop_of(after) == (stop if stop.sent else None)


def job_run(count: int = 1) -> JobRun:
    result = compiled({"image": "alpine", "count": count})
    assert result.plan is not None
    return JobRun(result.plan.jobs[0], Target("us-east-1", None, None, None))


CONTEXT: Any = SimpleNamespace(
    now=lambda: 20.0,
    claim=lambda _: None,
    emit=lambda _: None,
    caller=SimpleNamespace(clock=SimpleNamespace(since=lambda *_: 0.0)),
)
"""What a copy needs of an apply."""


def ended_copy(job: JobRun, number: int = 1) -> Copy:
    """Return a copy whose task has stopped."""
    copy = job.copies[number - 1]
    copy.assign(CONTEXT, task("PENDING"), attached=False)
    copy.observe(CONTEXT, task("STOPPED"))
    return copy


def test_a_further_attempt_takes_the_place_of_its_copy() -> None:
    job = job_run(3)
    before = ended_copy(job, 2)

    after = job.begin_attempt(before, 17.0)

    assert [each.number for each in job.copies] == [1, 2, 3]
    assert job.copies[1] is after is not before
    assert (after.attempt, after.since, after.lacks_task, after.over.is_set()) == (2, 17.0, True, False)
    assert before.over.is_set()
    assert [each.arn for each in after.earlier] == [ARN]
    assert after.label == before.label


def test_no_attempt_begins_while_the_one_before_it_goes_on() -> None:
    job = job_run()

    with pytest.raises(StateError, match="attempt 2 before attempt 1 is over"):
        job.begin_attempt(job.copies[0], 0.0)


def test_no_attempt_follows_one_that_was_not_started() -> None:
    job = job_run()
    job.give_up(LOST)

    with pytest.raises(StateError):
        job.begin_attempt(job.copies[0], 0.0)


def test_no_attempt_begins_twice() -> None:
    job = job_run()
    before = ended_copy(job)
    job.begin_attempt(before, 0.0)

    with pytest.raises(StateError):
        job.begin_attempt(before, 0.0)


def test_a_copy_may_begin_with_the_attempt_that_its_run_has_reached() -> None:
    job = job_run(2)

    copy = job.resume_at(2, 4)

    assert (job.copies[1] is copy, copy.attempt, copy.earlier, copy.number) == (True, 4, (), 2)


def test_giving_up_a_job_leaves_copies_alone_that_wait_for_a_further_attempt() -> None:
    job = job_run(3)
    waiting = job.begin_attempt(ended_copy(job, 2), 0.0)

    job.give_up(LOST)

    assert [each.over.is_set() for each in job.copies] == [True, False, True]
    assert waiting.lacks_task


def test_events_of_a_copy_are_set_in_their_order() -> None:
    copy = Copy(job_run(), 1)
    seen = [(copy.settled.is_set(), copy.begun.is_set(), copy.over.is_set())]

    copy.request()
    seen.append((copy.settled.is_set(), copy.begun.is_set(), copy.over.is_set()))
    copy.give_up(LOST)
    seen.append((copy.settled.is_set(), copy.begun.is_set(), copy.over.is_set()))

    assert seen == [(False, False, False), (False, False, False), (True, True, True)]
    assert (copy.given_up, copy.may_run_unseen, copy.task) == (LOST, True, None)


@pytest.mark.parametrize(
    "misuse",
    [
        pytest.param(lambda job: [job.register("a:1"), job.register("a:2")], id="two revisions"),
        pytest.param(lambda job: job.note_deregistered(), id="deregistered without one"),
        pytest.param(
            lambda job: [job.reuse("a:1", made_by_run=False), job.decide_again(job.planned)],
            id="decided after it was settled",
        ),
    ],
)
def test_a_job_has_one_revision_at_a_time(misuse: Callable[[JobRun], object]) -> None:
    with pytest.raises(StateError):
        misuse(job_run())


def test_a_job_whose_revision_was_dropped_gets_another_one() -> None:
    job = job_run()
    job.expect_inactive()
    job.reuse("a:1", made_by_run=True)
    first = (job.revision, job.made_revision, job.inactive)

    job.unsettle()
    job.register("a:2")
    job.note_deregistered()

    assert first == ("a:1", True, True)
    assert (job.revision, job.made_revision, job.inactive, job.deregistered) == ("a:2", True, False, True)


ALLOWED = {("aws/gateway.py", "session._credentials = self._assumed(session, role, target)")}
"""The SDK has no other way to give a session the credentials of a role."""


def targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=found) | ast.Delete(targets=found):
            return found
        case ast.AugAssign(target=found) | ast.AnnAssign(target=found):
            return [found]
        case _:
            return []


def is_own(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Name) and owner.id == "self"


def foreign_changes(source: str) -> Iterator[str]:
    """Yield what changes another object's attribute, or sets another object's event."""
    for node in ast.walk(ast.parse(source)):
        changed = (part for target in targets(node) for part in ast.walk(target))
        for part in changed:
            if (
                isinstance(part, ast.Attribute)
                and not isinstance(part.ctx, ast.Load)
                and not is_own(part.value)
            ):
                yield ast.unparse(node)
        match node:
            case ast.Call(func=ast.Name(id="setattr" | "delattr")):
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(attr="set", value=ast.Attribute(value=owner))):
                if not is_own(owner):
                    yield ast.unparse(node)
            case _:
                pass


@pytest.mark.parametrize(
    "path", sorted(APPLIER.rglob("*.py")), ids=lambda path: str(path.relative_to(APPLIER).with_suffix(""))
)
def test_nothing_changes_the_attributes_of_another_object(path: Path) -> None:
    name = str(path.relative_to(APPLIER))

    found = [
        each for each in foreign_changes(path.read_text(encoding="utf-8")) if (name, each) not in ALLOWED
    ]

    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("self.a = 1", 0, id="own"),
        pytest.param("a = b.c", 0, id="read"),
        pytest.param("copy.due = 1", 1, id="assigned"),
        pytest.param("self.job.asked = True", 1, id="of a part"),
        pytest.param("a, copy.due = 1, 2", 1, id="unpacked"),
        pytest.param("copy.count += 1", 1, id="augmented"),
        pytest.param("copy.due: int = 1", 1, id="annotated"),
        pytest.param("del copy.due", 1, id="deleted"),
        pytest.param("setattr(copy, 'due', 1)", 1, id="setattr"),
        pytest.param("copy.over.set()", 1, id="event"),
        pytest.param("self._event.set()", 0, id="own event"),
        pytest.param("event.set()", 0, id="local event"),
    ],
)
def test_the_check_finds_each_kind_of_change(source: str, found: int) -> None:
    assert len(list(foreign_changes(source))) == found
