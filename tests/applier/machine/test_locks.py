"""Leases: a revision that an apply on this machine uses is seen to be in use from the moment it says so."""

import os
import tempfile
import threading
from pathlib import Path

import pytest

from ecsplan_applier.machine.locks import Locks, lock_folder, state_folder

ARN = "arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"


def test_a_lease_lasts_until_its_apply_ends(tmp_path: Path) -> None:
    one, other = Locks(tmp_path), Locks(tmp_path)

    one.hold(ARN)

    assert other.others_hold(ARN)
    assert not one.others_hold(ARN)
    one.close()
    assert not other.others_hold(ARN)


def test_a_lease_is_not_removed_while_it_is_made(tmp_path: Path) -> None:
    """Those who look may hold another family's lock, so both happen at the same time."""
    done, looker = threading.Event(), Locks(tmp_path)

    def look() -> None:
        while not done.is_set():
            looker.others_hold("another")

    looking = [threading.Thread(target=look) for _ in range(3)]
    for each in looking:
        each.start()
    seen = []
    try:
        for _ in range(400):
            holder = Locks(tmp_path)
            holder.hold(ARN)
            seen.append(looker.others_hold(ARN))
            holder.close()
    finally:
        done.set()
        for each in looking:
            each.join()

    assert all(seen)
    assert list((tmp_path / "leases").iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"XDG_STATE_HOME": "{top}/state"}, "{top}/state/ecsplan", id="as the variable says"),
        pytest.param({"XDG_STATE_HOME": "state"}, "{top}/home/.local/state/ecsplan", id="a relative one"),
        pytest.param({"XDG_STATE_HOME": ""}, "{top}/home/.local/state/ecsplan", id="an empty one"),
        pytest.param({}, "{top}/home/.local/state/ecsplan", id="none"),
        pytest.param({"HOME": "{top}/missing"}, "{tmp}/ecsplan-{uid}", id="a home that does not exist"),
        pytest.param({"HOME": "/proc/self"}, "{tmp}/ecsplan-{uid}", id="a home that takes no files"),
        pytest.param({"HOME": "relative"}, "{tmp}/ecsplan-{uid}", id="a home that is not a path"),
    ],
)
def test_where_state_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    names = {"top": str(tmp_path), "tmp": tempfile.gettempdir(), "uid": str(os.getuid())}
    (tmp_path / "home").mkdir()
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(**names))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "relative")

    assert str(state_folder()) == expected.format(**names)
    assert lock_folder() == state_folder()


@pytest.mark.parametrize(
    ("named", "expected"), [(None, f"/tmp/ecsplan-{os.getuid()}"), ("/t", f"/t/ecsplan-{os.getuid()}")]
)
def test_nothing_that_can_be_written_to_is_no_crash(
    named: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.delenv("TMPDIR", raising=False)
    if named is not None:
        monkeypatch.setenv("TMPDIR", named)

    assert str(state_folder()) == expected
