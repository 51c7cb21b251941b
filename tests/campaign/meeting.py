"""Several machines that apply one run at the same time, as threads of one process with one scripted time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

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
                assert self._moved.wait(60), "another machine neither waits nor ends"
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


def apply_together(
    world: World, plan: Plan, run_id: str, *, delays_s: list[float], ahead_s: list[float]
) -> list[Played]:
    """Apply one plan under one run id on several machines, through the proxy, and return how each ended.

    Args:
        world: Where.
        plan: The plan.
        run_id: The run.
        delays_s: How long after the first machine each begins.
        ahead_s: How far the clock of each is ahead of AWS's.
    """
    meeting = MeetingTime(world.time, len(delays_s))
    ended: list[Played] = [Played() for _ in delays_s]

    def machine(number: int) -> Callable[[], None]:
        def run() -> None:
            try:
                meeting.wait_until(world.time.now() + delays_s[number])
                clock = MachineClock(meeting, ahead_s[number])
                name = f"{run_id}-{number}"
                ended[number] = world.apply_by_proxy(
                    plan, run_id, machine=name, clock=clock, random_seed=number
                )
            finally:
                meeting.leave()

        return run

    threads = [threading.Thread(target=machine(number)) for number in range(len(delays_s))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return ended
