"""Durations as people write them."""

import pytest

from ecsplan_cli.durations import duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("1h", 3600),
        ("2d", 172_800),
        ("1w", 604_800),
        ("0s", 0),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("2d12h", 216_000),
        ("1H", 3600),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "90", "s", "1 h", "-1h", "1y", "1h1h", "30m1h", "1e3s", "\u0661h", "9" * 16 + "s", "1h x"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write one such as 90s, 15m, 1h30m or 2d"):
        duration_s(text)
