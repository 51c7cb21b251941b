"""What a file system may refuse, or hold in the place of a ledger: errors that name the document."""

import errno
import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_documents import ENTRY
from scripted_aws import JumpingClock

from ecsplan_applier.ledger.entry import EntryKey, read_entry
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.keys import entry_key
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.store import NEW
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop, T

JOB = EntryKey("123456789012", "us-east-1", "night-1", "etl")
KEY = entry_key(JOB)


def run(coro: "Coro[T]") -> "T":
    return Loop(SystemClock(), workers=0).run(coro)


def ledger(folder: Path) -> Ledger:
    return Ledger(FolderStore(folder, str(folder)))


def written(folder: Path, text: str | bytes) -> Path:
    """Return the path of the entry of JOB, which holds this."""
    path = folder / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(coro: Coro[Any]) -> str:
    with pytest.raises(LedgerError) as raised:
        run(coro)
    text = str(raised.value)
    assert text.count("help:") == 1
    return text


GOOD = json.dumps(ENTRY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param(GOOD[: len(GOOD) // 2], "not JSON, or only a part of it", id="torn"),
        pytest.param(GOOD + GOOD, "not JSON", id="two documents"),
        pytest.param("<html>sign in</html>", "not JSON", id="another format"),
        pytest.param(b'{"job": "\xff\xfe"}', "not valid UTF-8", id="no UTF-8"),
        pytest.param(b"\xff\xfe{\x00}\x00", "not valid UTF-8", id="UTF-16"),
        pytest.param("[" * 100_000, "nested too deeply", id="nested"),
        pytest.param("[]", "expected a mapping", id="a list"),
        pytest.param('"ecsplan"', "expected a mapping", id="a text"),
        pytest.param('{"plan_version": 1}', "missing key 'ledger_format'", id="of another tool"),
        pytest.param(json.dumps({**ENTRY, "ledger_format": 0}), "/ledger_format", id="an older format"),
        pytest.param(json.dumps({**ENTRY, "ledger_format": "1"}), "/ledger_format", id="no number"),
        pytest.param(json.dumps({**ENTRY, "copies": {}}), "/copies", id="a member of another type"),
        pytest.param(json.dumps({**ENTRY, "copies": []}), "/copies", id="no copies"),
        pytest.param(
            json.dumps({**ENTRY, "copies": [{**ENTRY["copies"][0], "copy": 0}]}),
            "/copies/0/copy",
            id="copy 0",
        ),
        pytest.param(
            json.dumps({**ENTRY, "copies": ENTRY["copies"][:1] * 2}), "copy 1 is listed twice", id="twice"
        ),
        pytest.param(
            GOOD.replace('"outcome": "succeeded"', '"outcome": "well"'),
            "/copies/0/result/",
            id="an outcome that does not exist",
        ),
        pytest.param(
            GOOD.replace("1700000000.5", "NaN"), "NaN is not a number of JSON", id="no number of JSON"
        ),
        pytest.param(json.dumps({**ENTRY, "job": "other"}), "is about job other", id="of another job"),
        pytest.param(json.dumps({**ENTRY, "run_id": "day-1"}), "of run day-1", id="of another run"),
        pytest.param(json.dumps({**ENTRY, "account": "0"}), "in account 0", id="of another account"),
        pytest.param(
            json.dumps({**ENTRY, "region": "eu-west-1"}), "region eu-west-1", id="of another region"
        ),
        pytest.param(json.dumps({**ENTRY, "ledger_format": 2}), "has format 2", id="a newer format"),
        pytest.param('{"ledger_format": 99, "x": {}}', "has format 99", id="a newer format of another form"),
    ],
)
def test_a_document_that_is_not_an_entry_is_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = written(tmp_path, text)

    for found in (refused(ledger(tmp_path).read(JOB)), refused(ledger(tmp_path).of_run(*_run()))):
        assert said in found
        assert str(path) in found


def _run() -> tuple[str, str, str]:
    return JOB.account, JOB.region, JOB.run_id


def test_a_document_with_members_of_a_later_version_is_read(tmp_path: Path) -> None:
    copies = [{**each, "host": None} for each in ENTRY["copies"]]
    written(tmp_path, json.dumps({**ENTRY, "copies": copies, "priority": 3}))

    found = run(ledger(tmp_path).read(JOB))

    assert found is not None
    assert found.entry == read_entry(ENTRY)


def _a_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def _a_link_to_nothing(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path.parent / "gone")


def _a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def _a_pipe(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


def _a_link_to_itself(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path)


@pytest.mark.parametrize("make", [_a_file, _a_link_to_nothing, _a_link_to_itself])
@pytest.mark.parametrize("where", ["", "123456789012", "123456789012/us-east-1/runs/night-1"])
def test_something_else_in_the_place_of_a_folder_is_named(
    tmp_path: Path, make: Callable[[Path], None], where: str
) -> None:
    folder = tmp_path / "ledger"
    make(folder / where)
    entry = read_entry(ENTRY)

    for asked in (
        ledger(folder).read(JOB),
        ledger(folder).of_run(*_run()),
        ledger(folder).write(entry),
    ):
        assert str(folder / where) in refused(asked)


def test_a_help_speaks_of_a_link_only_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = read_entry(ENTRY)
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    removed = tmp_path / "removed"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()

    assert "restore what the link leads to" in refused(ledger(tmp_path / "link").write(entry))
    assert "a working directory that was removed" in refused(ledger(Path("relative")).write(entry))


@pytest.mark.parametrize("make", [_a_folder, _a_link_to_nothing, _a_link_to_itself, _a_pipe])
def test_something_else_in_the_place_of_a_document_is_named(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / KEY)

    for asked in (
        ledger(tmp_path).read(JOB),
        ledger(tmp_path).of_run(*_run()),
        ledger(tmp_path).write(read_entry(ENTRY)),
    ):
        assert str(tmp_path / KEY) in refused(asked)


def test_links_that_lead_somewhere_are_followed(tmp_path: Path) -> None:
    real, other = tmp_path / "real", tmp_path / "other.json"
    real.mkdir()
    (tmp_path / "ledger").symlink_to(real)
    other.write_text(GOOD)
    (real / KEY).parent.mkdir(parents=True)
    (real / KEY).symlink_to(other)

    found = run(ledger(tmp_path / "ledger").read(JOB))

    assert found is not None
    assert found.entry == read_entry(ENTRY)


@pytest.mark.parametrize(
    ("number", "helped"),
    [
        pytest.param(errno.ENOSPC, "free some space", id="a full disk"),
        pytest.param(errno.EDQUOT, "free some space", id="a used up quota"),
        pytest.param(errno.EIO, "--ledger", id="a broken disk"),
    ],
)
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, helped: str
) -> None:
    before = run(ledger(tmp_path).write(read_entry(ENTRY)))

    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        found = refused(ledger(tmp_path).write(read_entry({**ENTRY, "attempts": 9}), before.version))

    assert str(tmp_path / KEY) in found
    assert os.strerror(number) in found
    assert helped in found
    assert sorted(each.name for each in (tmp_path / KEY).parent.iterdir()) == [".lock", "etl.json"]
    assert run(ledger(tmp_path).read(JOB)) == before


@pytest.mark.parametrize(
    ("number", "helped"),
    [
        pytest.param(errno.EROFS, "mount the file system", id="a file system that is read-only"),
        pytest.param(
            errno.EACCES, "grant this user read and write permission", id="a folder of somebody else"
        ),
        pytest.param(errno.ENOLCK, "cannot lock files", id="a file system without locks"),
        pytest.param(errno.EMFILE, "ulimit -n", id="too many open files"),
    ],
)
def test_a_folder_that_refuses_files_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, helped: str
) -> None:
    def fail(path: Any, *others: Any, **more: Any) -> int:
        raise OSError(number, os.strerror(number), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        found = [
            refused(ledger(tmp_path).read(JOB)),
            refused(ledger(tmp_path).write(read_entry(ENTRY))),
        ]

    for each in found:
        assert str((tmp_path / KEY).parent) in each
        assert helped in each


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ledger(tmp_path).write(read_entry(ENTRY)))
    real = os.scandir

    def fail(path: Any) -> Any:
        if str(path).endswith("night-1/"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", lambda path: fail(f"{path}/"))
        found = [
            refused(ledger(tmp_path).of_run(*_run())),
            refused(ledger(tmp_path).run_keys(*_run()[:2])),
        ]

    assert all("runs/night-1" in each for each in found)


def test_a_lock_that_somebody_holds_for_ever_is_named(tmp_path: Path) -> None:
    folder = (tmp_path / KEY).parent
    folder.mkdir(parents=True)
    loop = Loop(JumpingClock(), workers=0)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(LedgerError) as raised:
            loop.run(FolderStore(tmp_path, "ledger", loop).write(KEY, "{}", NEW))

    assert str(folder / ".lock") in str(raised.value)
    assert "for 30 s" in str(raised.value)
    assert not (tmp_path / KEY).exists()


def test_a_lock_that_somebody_holds_for_a_while_is_waited_for(tmp_path: Path) -> None:
    folder = (tmp_path / KEY).parent
    folder.mkdir(parents=True)
    loop = Loop(JumpingClock(), workers=0)
    held = (folder / ".lock").open("w")
    fcntl.flock(held, fcntl.LOCK_EX)

    async def both() -> None:
        writing = loop.create_task(FolderStore(tmp_path, "ledger", loop).write(KEY, "{}", NEW))
        await loop.sleep(20)
        assert not writing.done.is_set()
        held.close()
        await loop.wait(writing.done)
        writing.result()

    loop.run(both())

    assert (tmp_path / KEY).read_text() == "{}"
