"""Durations in Go's form."""

from fractions import Fraction

import pytest

from ecsplan_convert.compose.durations import duration_seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1h30m", 5400, id="hours and minutes"),
        pytest.param("90s", 90, id="seconds"),
        pytest.param("1.5h", 5400, id="a decimal place"),
        pytest.param(".5m", 30, id="no digit before the point"),
        pytest.param("1500ms", Fraction(3, 2), id="milliseconds"),
        pytest.param("2us", Fraction(2, 10**6), id="microseconds"),
        pytest.param("0", 0, id="zero"),
        pytest.param("5", None, id="no unit"),
        pytest.param("1d", None, id="an unknown unit"),
        pytest.param("-1h", None, id="negative"),
        pytest.param("1h x", None, id="something behind it"),
        pytest.param("", None, id="nothing"),
        pytest.param("1h" * 500, None, id="a long text"),
    ],
)
def test_duration(text: str, expected: Fraction | int | None) -> None:
    assert duration_seconds(text) == expected
