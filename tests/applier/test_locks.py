"""Leases: a revision that an apply on this machine uses is seen to be in use from the moment it says so."""

import threading
from pathlib import Path

from ecsplan_applier.locks import Locks

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
