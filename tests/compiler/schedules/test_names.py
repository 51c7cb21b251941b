"""Names of schedules, and the mark in their descriptions."""

import re

import pytest

from ecsplan.schedules.names import MAX_NAME, description, is_marked, schedule_name

LONG = "x" * MAX_NAME


@pytest.mark.parametrize(
    ("job", "name"),
    [
        pytest.param("nightly", "nightly", id="as it is"),
        pytest.param("Load.v2_a-b", r"Load\.v2_a-b", id="all that is accepted"),
        pytest.param("load (eu-west-1, 3)", "load-eu-west-1-3", id="a job of a matrix"),
        pytest.param("größe", "grosse", id="another script"),
        pytest.param(LONG, LONG, id="the longest"),
        pytest.param(f"{LONG}x", "x{55}-[0-9a-f]{8}", id="one above the longest"),
        pytest.param("🚀", "job-[0-9a-f]{8}", id="nothing that could be kept"),
    ],
)
def test_names(job: str, name: str) -> None:
    made = schedule_name(job)

    assert re.fullmatch("[0-9A-Za-z-_.]{1,64}", made)
    assert re.fullmatch(name, made)


def test_long_names_differ_where_their_ends_do() -> None:
    assert len({schedule_name(f"{LONG} {n}") for n in range(100)}) == 100


@pytest.mark.parametrize("job", ["nightly", "a\nb", "x" * 1000, "größe"])
def test_descriptions_are_marked(job: str) -> None:
    assert is_marked(description(job))
    assert len(description(job)) <= 512
    assert "\n" not in description(job)


@pytest.mark.parametrize("text", [None, "", "nightly", "by [ecsplan]", 7])
def test_other_descriptions_are_not(text: object) -> None:
    assert not is_marked(text)
