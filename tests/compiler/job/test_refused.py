"""Looking up whether a value was refused: the value itself, one within it, or one around it."""

import pytest

from ecsplan.job.refused import Refused

REFUSED = Refused(frozenset({"/cpu", "/task_definition/containerDefinitions/1/image"}))


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        pytest.param("/cpu", True, id="refused itself"),
        pytest.param("/cpu/0", True, id="within what was refused"),
        pytest.param("/task_definition", True, id="around what was refused"),
        pytest.param("/task_definition/containerDefinitions/1", True, id="right around it"),
        pytest.param("", True, id="the whole manifest is around everything"),
        pytest.param("/cpus", False, id="a longer name"),
        pytest.param("/cp", False, id="a shorter name"),
        pytest.param("/task_definition/containerDefinitions/1/name", False, id="beside it"),
        pytest.param("/task_definition/containerDefinitions/0", False, id="another container"),
    ],
)
def test_a_refused_value_spoils_what_holds_it_and_what_it_holds(pointer: str, expected: bool) -> None:
    assert REFUSED.spoils(pointer) is expected


def test_a_refused_manifest_spoils_every_value() -> None:
    assert Refused(frozenset({""})).spoils("/cpu")


def test_nothing_refused_spoils_nothing() -> None:
    assert not Refused()
    assert not Refused().spoils("")


def test_the_refused_members_of_a_mapping_are_named() -> None:
    assert REFUSED.names_in("") == ("cpu",)
    assert REFUSED.names_in("/task_definition/containerDefinitions/1") == ("image",)
    assert REFUSED.names_in("/task_definition") == ()


def test_more_can_be_refused() -> None:
    more = REFUSED | frozenset({"/memory"})

    assert more.spoils("/memory")
    assert more.spoils("/cpu")
    assert not REFUSED.spoils("/memory")
