"""A folder as a ledger: conditional writes, by whoever and however many at once."""

import threading
from collections.abc import Container
from pathlib import Path

import pytest
from scripted_aws import JumpingClock

from ecsplan_applier.ledger import files
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.store import NEW, ConflictError
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop, T


def run(coro: "Coro[T]") -> "T":
    return Loop(SystemClock(), workers=0).run(coro)


def test_a_document_is_written_once_as_new(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "ledger")

    version = run(store.write("a/b.json", "one", NEW))

    with pytest.raises(ConflictError):
        run(store.write("a/b.json", "two", NEW))
    run(store.write("a/b.json", "three", version))
    with pytest.raises(ConflictError):
        run(store.write("a/b.json", "four", version))
    found = run(store.read("a/b.json"))
    assert found is not None
    assert found.text == "three"


def test_of_many_writers_one_is_first(tmp_path: Path) -> None:
    won: list[int] = []

    def write(number: int) -> None:
        try:
            run(FolderStore(tmp_path, "ledger").write("a/b.json", str(number), NEW))
        except ConflictError:
            return
        won.append(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()

    found = run(FolderStore(tmp_path, "ledger").read("a/b.json"))
    assert found is not None
    assert [found.text] == [str(each) for each in won]


class Attempts:
    """Replaces files as the store does, and notes which attempts have found the lock held.

    Args:
        clock: Moves on by `seconds` with each attempt, if it can.
        seconds: How long each attempt takes.
        held: The attempts that find the lock held by another process, by their numbers.
    """

    def __init__(
        self, clock: JumpingClock | None = None, seconds: float = 0.0, held: Container[int] = ()
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._held = held
        self._replace = files.replace
        self.count = 0
        self.in_vain = 0

    def __call__(self, path: Path, text: str, version: str) -> str | None:
        self.count += 1
        if self._clock is not None:
            self._clock.advance(self._seconds)
        written = None if self.count in self._held else self._replace(path, text, version)
        self.in_vain += written is None
        return written


def test_writers_of_one_process_do_not_find_the_lock_held_by_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = Attempts()
    monkeypatch.setattr(files, "replace", attempts)
    loop = Loop(SystemClock(), workers=8)
    store = FolderStore(tmp_path, "ledger", loop)

    async def write(number: int) -> None:
        version = await store.write(f"run/{number}.json", "first", NEW)
        await store.write(f"run/{number}.json", f"{number}", version)

    loop.run(loop.gather(write(number) for number in range(40)))

    assert (attempts.count, attempts.in_vain) == (80, 0)
    assert [(tmp_path / f"run/{number}.json").read_text() for number in range(40)] == [
        f"{number}" for number in range(40)
    ]


def test_a_write_does_not_fail_because_others_of_its_process_take_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = JumpingClock()
    # The last of the writes, each of which takes four seconds, finds the lock held by another process.
    monkeypatch.setattr(files, "replace", Attempts(clock, 4.0, held={20}))
    loop = Loop(clock, workers=0)
    store = FolderStore(tmp_path, "ledger", loop)

    loop.run(loop.gather(store.write(f"run/{number}.json", "{}", NEW) for number in range(20)))

    assert len(loop.run(store.keys("run/"))) == 20


def test_writers_of_one_process_give_up_together_where_another_one_holds_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = JumpingClock()
    monkeypatch.setattr(files, "replace", Attempts(held=range(1, 10**6)))
    loop = Loop(clock, workers=0)
    store = FolderStore(tmp_path, "ledger", loop)
    began, refused = clock.elapsed(), []

    async def write(number: int) -> None:
        with pytest.raises(LedgerError, match="another process"):
            await store.write(f"run/{number}.json", "{}", NEW)
        refused.append(clock.elapsed() - began)

    loop.run(loop.gather(map(write, range(20))))

    assert len(refused) == 20
    assert all(30 <= each < 31 for each in refused)


@pytest.mark.parametrize("waiting", [0, 3])
def test_a_loop_that_has_ended_in_the_middle_of_writes_does_not_hold_up_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    clock = JumpingClock()
    ended, loop = Loop(clock, workers=0), Loop(clock, workers=0)
    store = FolderStore(tmp_path, "ledger", ended)
    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", Attempts(held={1}))
        under_way = [
            ended.create_task(store.write(f"run/{each}.json", "lost", NEW)) for each in range(1 + waiting)
        ]
        ended.run_once()
        ended.close()

    store.abandon_writes()
    loop.run(store.write("run/0.json", "kept", NEW))

    assert not any(each.done.is_set() for each in under_way)
    assert (tmp_path / "run/0.json").read_text() == "kept"


def test_keys_are_those_of_documents_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "ledger")
    run(store.write("a/b.json", "one", NEW))
    run(store.write("a/c/d.json", "two", NEW))

    assert run(store.keys("a/")) == ["a/b.json", "a/c/d.json"]
    assert run(store.keys("")) == ["a/b.json", "a/c/d.json"]
    assert run(store.keys("z/")) == []
