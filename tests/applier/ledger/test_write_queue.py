"""The writers of one process in one folder: in what order, and how they leave the lock to other processes."""

from collections.abc import Iterator

import pytest
from scripted_aws import JumpingClock

from ecsplan_applier.ledger.write_queue import MAX_PAUSE_S, WriteQueue
from ecsplan_applier.scheduling.scheduler import Loop

ORDERS = {
    "new documents in the order in which they were asked for": ("n1 n2 n3", "n1 n2 n3"),
    "documents that are replaced in that order, too": ("r1 r2 r3", "r1 r2 r3"),
    "a replacement before new documents that wait": ("n1 n2 n3 r4", "n1 r4 n2 n3"),
    "replacements before all of them": ("n1 n2 r3 n4 r5", "n1 r3 r5 n2 n4"),
    "a new document that has its turn goes on": ("n1 r2", "n1 r2"),
}
WRITE_S = 0.1


@pytest.mark.parametrize(("asked", "served"), ORDERS.values(), ids=ORDERS)
def test_who_replaces_a_document_goes_first(asked: str, served: str) -> None:
    loop = Loop(JumpingClock(), workers=0)
    queue, order = WriteQueue(loop), []

    async def write(name: str) -> None:
        await queue.enter(creates=name.startswith("n"))
        await loop.sleep(WRITE_S)
        order.append(name)
        queue.leave(has_written=True)

    loop.run(loop.gather(map(write, asked.split())))

    assert " ".join(order) == served


class Folder:
    """A folder whose lock is held for as long as a write takes."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self.loop = Loop(self.clock, workers=0)
        self.queue = WriteQueue(self.loop)
        self.began = self.clock.elapsed()
        self.is_locked = False

    @property
    def elapsed_s(self) -> float:
        return self.clock.elapsed() - self.began

    async def write(self, seconds: float) -> None:
        await self.queue.enter(creates=True)
        self.is_locked = True
        await self.loop.sleep(seconds)
        self.is_locked = False
        self.queue.leave(has_written=True)

    async def of_another_process(self) -> float:
        """Return when another process gets the lock, which makes attempts with the longest pauses."""
        # It begins in the middle of a write.
        await self.loop.sleep(0.001)
        while self.is_locked:
            await self.loop.sleep(MAX_PAUSE_S)
        return self.elapsed_s


@pytest.mark.parametrize("seconds", [0.003, 0.01, 0.1, 0.9])
def test_another_process_gets_the_lock_while_a_thousand_writes_wait(seconds: float) -> None:
    folder = Folder()
    others = folder.loop.create_task(folder.of_another_process())

    folder.loop.run(folder.loop.gather(folder.write(seconds) for _ in range(1000)))

    assert others.result() < 1 + seconds + 2 * MAX_PAUSE_S


BURSTS = {
    "as many as one apply may ask for at once": (20, 0.004),
    "few slow ones": (5, 0.15),
}


@pytest.mark.parametrize(("count", "seconds"), BURSTS.values(), ids=BURSTS)
def test_writes_of_less_than_a_second_do_not_pause(count: int, seconds: float) -> None:
    folder = Folder()

    folder.loop.run(folder.loop.gather(folder.write(seconds) for _ in range(count)))

    assert folder.elapsed_s == pytest.approx(count * seconds, abs=0.001)


def test_writes_that_leave_the_lock_free_in_between_do_not_pause() -> None:
    folder = Folder()

    async def one_after_the_other(pauses: Iterator[float]) -> None:
        for pause in pauses:
            await folder.write(WRITE_S)
            await folder.loop.sleep(pause)

    folder.loop.run(one_after_the_other(iter([0.2] * 50)))

    assert folder.elapsed_s == pytest.approx(50 * (WRITE_S + 0.2), abs=0.001)


def test_a_write_that_fails_lets_the_next_one_begin() -> None:
    folder, order = Folder(), []

    async def write(name: str) -> None:
        await folder.queue.enter(creates=True)
        await folder.loop.sleep(WRITE_S)
        order.append(name)
        folder.queue.leave(has_written=name != "fails")

    folder.loop.run(folder.loop.gather(map(write, ["first", "fails", "last"])))

    assert order == ["first", "fails", "last"]
    assert folder.queue.written_at == folder.clock.elapsed()
