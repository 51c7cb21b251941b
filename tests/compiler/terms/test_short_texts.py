"""Texts that are cut for a message."""

import pytest

from ecsplan.terms.short_texts import listed, on_one_line, shortened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("abcd", "abcd", id="just short enough"),
        pytest.param("abcde", "abcd…", id="a character too long"),
        pytest.param("a" * 9_999, "aaaa…", id="far too long"),
    ],
)
def test_shortened(text: str, expected: str) -> None:
    assert shortened(text, 4) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("abcd", "abcd", id="just short enough"),
        pytest.param("abcde", "abc…", id="a character too long"),
        pytest.param("a\nb", r"a\nb", id="a line end"),
        pytest.param("\n\x1b\n\n", r"\n\x1b\n\n", id="escapes do not count"),
        pytest.param("ab\ncde", r"ab\n…", id="cut, then escaped"),
    ],
)
def test_on_one_line(text: str, expected: str) -> None:
    assert on_one_line(text, 4) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["a", "b"], "a, b", id="as many as may be named"),
        pytest.param(["a", "b", "c", "d"], "a, b and 2 more", id="too many"),
    ],
)
def test_listed(names: list[str], expected: str) -> None:
    assert listed(names, 2) == expected
