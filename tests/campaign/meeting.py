"""Several machines that apply at the same time, as threads of one process with one scripted time."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from campaign.clocks import SharedTime
from campaign.world import Played, World

from ecsplan.plan.plan import Plan


class MeetingTime:
    """The time of all machines: it moves when every one of them waits, and then to the first that is due."""

    def __init__(self, time: SharedTime, machines: int) -> None:
        self.time = time
        self._machines = machines
        self._due: dict[int, float] = {}
        self._moved = threading.Condition()

    def wait_until(self, due: float) -> None:
        """Wait, as one of the machines, until a time has come."""
        me = threading.get_ident()
        with self._moved:
            self._due[me] = due
            self._move()
            while self.time.now() < due:
                assert self._moved.wait(240), "another machine neither waits nor ends"
            del self._due[me]

    def leave(self) -> None:
        """Be waited for no longer, as one of the machines."""
        with self._moved:
            self._machines -= 1
            self._move()

    def _move(self) -> None:
        if self._due and len(self._due) == self._machines:
            self.time.advance(max(0.0, min(self._due.values()) - self.time.now()))
            self._moved.notify_all()


class MachineClock:
    """One machine's view of that time.

    Args:
        meeting: The time that the machines share.
        ahead_s: How far the machine's own clock is ahead of AWS's.
    """

    def __init__(self, meeting: MeetingTime, ahead_s: float = 0.0) -> None:
        self._meeting = meeting
        self._ahead_s = ahead_s

    def now(self) -> float:
        return self._meeting.time.now() + self._ahead_s

    def elapsed(self) -> float:
        return self._meeting.time.now()

    def wait(self, mail: "SimpleQueue[object]", seconds: float | None) -> object:
        if not mail.empty():
            return mail.get_nowait()
        assert seconds is not None, "the apply waits for something that nobody will bring about"
        self._meeting.wait_until(self.elapsed() + seconds)
        return None


@dataclass(frozen=True)
class Member:
    """One of the applies that meet.

    Attributes:
        plan: Its plan.
        run_id: Its run.
        delay_s: How long after the meeting has begun it begins.
        ahead_s: How far the clock of its machine is ahead of AWS's.
    """

    plan: Plan
    run_id: str
    delay_s: float = 0.0
    ahead_s: float = 0.0


def apply_together(
    world: World, plan: Plan, run_id: str, *, delays_s: list[float], ahead_s: list[float], **options: Any
) -> list[Played]:
    """Apply one plan under one run id on several machines, through the proxy, and return how each ended.

    Args:
        world: Where.
        plan: The plan.
        run_id: The run.
        delays_s: How long after the first machine each begins.
        ahead_s: How far the clock of each is ahead of AWS's.
        **options: As those of `meet`.
    """
    members = [Member(plan, run_id, *each) for each in zip(delays_s, ahead_s, strict=True)]
    return meet(world, members, **options)


def meet(world: World, members: Sequence[Member], **options: Any) -> list[Played]:
    """Carry out several applies at once, each on a machine of its own; options as of `apply_by_proxy`."""
    meeting = MeetingTime(world.time, len(members))
    ended: list[Played] = [Played() for _ in members]

    def machine(number: int, member: Member) -> Callable[[], None]:
        def run() -> None:
            try:
                meeting.wait_until(world.time.now() + member.delay_s)
                clock = MachineClock(meeting, member.ahead_s)
                ended[number] = world.apply_by_proxy(
                    member.plan,
                    member.run_id,
                    machine=f"{member.run_id}-{number}",
                    clock=clock,
                    random_seed=number,
                    **options,
                )
            finally:
                meeting.leave()

        return run

    threads = [threading.Thread(target=machine(*each)) for each in enumerate(members)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return ended
