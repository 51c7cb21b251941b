"""Keys are different for different names, also where a file system ignores case, and fit into it."""

import pytest

from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.ledger.keys import claim_key, encoded, entry_key

NAMES = ["a", "A", "a/b", "a%2Fb", "%2F", "..", ".", "", "ä", "a b", "con", "x" * 400, "x" * 401, "Ä" * 200]


def test_different_names_have_different_keys() -> None:
    keys = {entry_key(EntryKey("1", "r", "run", each)).lower() for each in NAMES}

    assert len(keys) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_a_file_name_that_every_system_takes(name: str) -> None:
    assert len(encoded(name)) <= 200
    assert not set(encoded(name)) & set('/\\:*?"<>|. ')


def test_parts_do_not_flow_into_one_another() -> None:
    assert entry_key(EntryKey("1", "r", "a", "b/c")) != entry_key(EntryKey("1", "r", "a/b", "c"))
    assert entry_key(EntryKey("1", "r", "claims", "x")) != claim_key("1", "r", "claims", "x")
