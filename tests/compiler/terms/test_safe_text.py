"""Texts that are safe to show: no control or format character gets through, and no pipeline's command."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.terms.safe_text import escaped, escaped_json, escaped_lines, has_hidden, without_commands

TRICKS = st.sampled_from(
    [
        " ",
        "#",
        ":",
        "::",
        "##[",
        "##vso[",
        "\n",
        "\r",
        "\x1b",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\ud800",
    ]
)
TEXTS = st.lists(TRICKS | st.text(max_size=4), max_size=8).map("".join)


def hidden(text: str) -> list[str]:
    return [each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


def test_every_hidden_character_is_found() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    found = [each for each in hidden(everything) if each != "\n"]

    assert [each for each in found if not has_hidden(f"a\n{each}b")] == []
    assert not has_hidden("\n" + "".join(set(everything) - set(found)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain, ünïcode, 漢字, 🙂", "plain, ünïcode, 漢字, 🙂", id="nothing to write out"),
        pytest.param("a\x1b[31mb\x07", r"a\x1b[31mb\x07", id="terminal codes"),
        pytest.param("a\u202eb\u2066c", r"a\u202eb\u2066c", id="direction of writing"),
        pytest.param("a\u200bb\u2060c\ufeffd", r"a\u200bb\u2060c\ufeffd", id="zero width"),
        pytest.param("a\nb\r\nc\td", r"a\nb\r\nc\td", id="line ends"),
        pytest.param("a\u2028b\u0085c", r"a\u2028b\x85c", id="line ends of Unicode"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag characters"),
    ],
)
def test_on_one_line(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("::error::x", r"\x3a:error::x", id="at the start"),
        pytest.param("a\n \t ::set-output x", "a\n \t \\x3a:set-output x", id="after blanks on a later line"),
        pytest.param("\u00a0::x", "\u00a0\\x3a:x", id="after a blank of Unicode"),
        pytest.param("default::arn:aws", "default::arn:aws", id="within a line it is not a command"),
        pytest.param("see ##[error]x", r"see \x23#[error]x", id="the old form, anywhere"),
        pytest.param("###[x", r"#\x23#[x", id="among others"),
        pytest.param("##vso[task.complete]", r"\x23#vso[task.complete]", id="Azure Pipelines"),
        pytest.param("##VSO[x", r"\x23#VSO[x", id="in capitals"),
        pytest.param("## heading", "## heading", id="no command"),
    ],
)
def test_commands_of_pipelines(text: str, expected: str) -> None:
    assert without_commands(text) == expected


@given(TEXTS)
def test_no_line_holds_a_command(text: str) -> None:
    shown = escaped_lines(text)

    assert hidden(shown.replace("\n", "")) == []
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
    assert "##[" not in shown
    assert "##vso[" not in shown.lower()


@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS), max_size=3))
def test_json_says_the_same(document: object) -> None:
    shown = escaped_json(json.dumps(document, ensure_ascii=False, indent=2))

    assert json.loads(shown) == document
    assert hidden(shown.replace("\n", "")) == []
    assert "##[" not in shown
