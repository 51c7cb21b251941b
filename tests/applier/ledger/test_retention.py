"""What of a folder's ledger is removed after a time, and what never is."""

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.retention import remove_older
from ecsplan_applier.ledger.store import NEW
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop, T

DAY = 86_400.0
NOW = 2_000_000_000.0
RUN = "123456789012/us-east-1/runs/night-1"
CLAIM = "123456789012/us-east-1/claims/jobs/etl.json"


def run(coro: "Coro[T]") -> "T":
    return Loop(SystemClock(), workers=0).run(coro)


def aged(path: Path, days: float) -> Path:
    """Make a file that was last written so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (NOW - days * DAY,) * 2)
    return path


def left(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if not each.is_dir())


@pytest.mark.parametrize(
    ("name", "days", "stays"),
    [
        pytest.param(f"{RUN}/etl.json", 91, False, id="an old entry"),
        pytest.param(f"{RUN}/etl.json", 89, True, id="an entry that is not old enough"),
        pytest.param(f"{RUN}/etl.json", -9, True, id="an entry of the future"),
        pytest.param(CLAIM, 91, False, id="an old claim"),
        pytest.param(CLAIM, 89, True, id="a claim that is not old enough"),
        pytest.param(f"{RUN}/%45tl%5Ba=%2E%5D.json", 91, False, id="an encoded name"),
        pytest.param(f"{RUN}/.etl.json.0a1b2c3d", 2, False, id="a copy that nobody writes any more"),
        pytest.param(f"{RUN}/.etl.json.0a1b2c3d", 0.5, True, id="a copy that somebody may be writing"),
        pytest.param(f"{RUN}/etl.txt", 999, True, id="another file"),
        pytest.param("notes/a/runs/b/c.json", 999, False, id="what has the form of a ledger's document"),
        pytest.param("package.json", 999, True, id="a file of somebody else"),
        pytest.param("Projects/x/runs/y/package.json", 999, True, id="a file of somebody else, deep"),
        pytest.param("123456789012/us-east-1/other/x/y.json", 999, True, id="another kind of document"),
        pytest.param(f"{RUN}/deeper/etl.json", 999, True, id="a file that is deeper"),
    ],
)
def test_what_is_removed(tmp_path: Path, name: str, days: float, *, stays: bool) -> None:
    aged(tmp_path / name, days)

    remove_older(tmp_path, 90 * DAY, NOW)

    assert left(tmp_path) == ([name] if stays else [])
    assert (tmp_path / name).parent.exists() == stays


def test_of_one_run_only_what_is_old_is_removed(tmp_path: Path) -> None:
    aged(tmp_path / RUN / "one.json", 91)
    aged(tmp_path / RUN / "two.json", 89)

    assert remove_older(tmp_path, 90 * DAY, NOW) == 1

    assert left(tmp_path) == [f"{RUN}/.lock", f"{RUN}/two.json"]


def test_a_ledger_that_does_not_exist_has_nothing_to_remove(tmp_path: Path) -> None:
    assert remove_older(tmp_path / "none", 90 * DAY, NOW) == 0
    assert left(tmp_path) == []


def test_links_are_left_alone(tmp_path: Path) -> None:
    other = aged(tmp_path / "other" / "etl.json", 999)
    folder = tmp_path / "ledger"
    (folder / RUN).mkdir(parents=True)
    (folder / RUN / "etl.json").symlink_to(other)
    (folder / RUN).with_name("night-2").symlink_to(other.parent)

    remove_older(folder, 90 * DAY, NOW)

    assert other.exists()
    assert (folder / RUN / "etl.json").is_symlink()


def test_a_folder_that_somebody_writes_to_is_left_alone(tmp_path: Path) -> None:
    path = aged(tmp_path / RUN / "etl.json", 91)
    with (tmp_path / RUN / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        assert remove_older(tmp_path, 90 * DAY, NOW) == 0
        assert path.exists()

    assert remove_older(tmp_path, 90 * DAY, NOW) == 1
    assert not path.parent.exists()


def test_writers_and_several_that_clean_up_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Each writer's document outlasts those who remove the folder that it is about to be in."""
    problems: list[BaseException] = []
    until = time.monotonic() + 1.0

    def clean_up() -> None:
        try:
            while time.monotonic() < until:
                remove_older(tmp_path, 90 * DAY, time.time())
        except BaseException as error:  # noqa: BLE001 - reported by the test
            problems.append(error)

    def write(name: str) -> None:
        store = FolderStore(tmp_path, "ledger")
        try:
            while time.monotonic() < until:
                version = run(store.write(f"{RUN}/{name}.json", "{}", NEW))
                run(store.write(f"{RUN}/{name}.json", "{ }", version))
                found = run(store.read(f"{RUN}/{name}.json"))
                assert found is not None
                os.utime(tmp_path / RUN / f"{name}.json", (1e9, 1e9))
                while run(store.read(f"{RUN}/{name}.json")) is not None:
                    assert run(store.keys("")) is not None
        except BaseException as error:  # noqa: BLE001 - reported by the test
            problems.append(error)

    cleaners = [threading.Thread(target=clean_up) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for each in (*cleaners, *writers):
        each.start()
    for each in cleaners:
        each.join()
    remaining = threading.Event()

    def finish() -> None:
        while not remaining.is_set():
            remove_older(tmp_path, 90 * DAY, time.time())

    last = threading.Thread(target=finish)
    last.start()
    for each in writers:
        each.join()
    remaining.set()
    last.join()

    assert problems == []


def test_a_large_ledger_is_gone_through_part_by_part(tmp_path: Path) -> None:
    for number in range(30):
        aged(tmp_path / f"{RUN[:-1]}{number:02}" / "etl.json", 91)
    now, removed = NOW, []

    for _ in range(12):
        removed.append(remove_older(tmp_path, 90 * DAY, now, most=10))
        assert remove_older(tmp_path, 90 * DAY, now + 1, most=10) == 0
        now += 601

    assert sum(removed) == 30
    assert max(removed) < 30
    assert left(tmp_path) == []


def test_an_error_is_one_of_the_ledger(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(LedgerError, match="cannot be cleaned up"):
        run(Ledger(FolderStore(file, "file")).remove_older(90 * DAY, NOW))
