"""The job's own output: every character as it is, whatever the terminal makes of it."""

import io

import pytest

from ecsplan_cli.render.apply.event_lines import Output


@pytest.mark.parametrize("prefix", ["", "hello | "], ids=["one task", "several tasks"])
@pytest.mark.parametrize(
    ("message", "lines"),
    [
        pytest.param("plain", ["plain"], id="plain"),
        pytest.param("", [""], id="empty"),
        pytest.param("one\ntwo", ["one", "two"], id="two lines"),
        pytest.param("one\n", ["one"], id="its own line feed"),
        pytest.param("one\n\n", ["one", ""], id="an empty line at the end"),
        pytest.param("\n", [""], id="a line feed alone"),
        pytest.param("\n\none", ["", "", "one"], id="empty lines first"),
        pytest.param("one\r\ntwo\r\n", ["one\r", "two\r"], id="carriage return and line feed"),
        *(
            pytest.param(f"a{character}b{character}", [f"a{character}b{character}"], id=name)
            for name, character in {
                "line separator": "\u2028",
                "paragraph separator": "\u2029",
                "next line": "\x85",
                "form feed": "\x0c",
                "vertical tab": "\x0b",
                "carriage return": "\r",
                "file separator": "\x1c",
                "group separator": "\x1d",
                "record separator": "\x1e",
                "null": "\0",
                "escape": "\x1b",
                "lone surrogate": "\ud800",
            }.items()
        ),
    ],
)
def test_log_lines_keep_every_character(message: str, lines: list[str], prefix: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written)

    Output(stream, prefixed=bool(prefix)).write("hello", (message, "next"))

    shown = "".join(f"{prefix}{line}\n" for line in [*lines, "next"])
    assert written.getvalue() == shown.encode("utf-8", "surrogatepass")
