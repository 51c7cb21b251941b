"""A folder as a ledger: conditional writes, by whoever and however many at once."""

import threading
from pathlib import Path

import pytest

from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.store import NEW, ConflictError
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


def test_keys_are_those_of_documents_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "ledger")
    run(store.write("a/b.json", "one", NEW))
    run(store.write("a/c/d.json", "two", NEW))

    assert run(store.keys("a/")) == ["a/b.json", "a/c/d.json"]
    assert run(store.keys("")) == ["a/b.json", "a/c/d.json"]
    assert run(store.keys("z/")) == []
