"""The README's picture of a terminal shows what the commands print today."""

import html
import re
import runpy

import pytest
from places import ROOT

DOCS = ROOT / "docs"
VARIABLE = (
    re.compile(r"\b[0-9a-f]{8}(?:[0-9a-f]{8})?\b"),
    re.compile(r"\b\d+(?:\.\d+)? s\b"),
    re.compile(r"subnet-[0-9a-f]+"),
)


def words(picture: str) -> list[str]:
    """Return the words of a picture, without what differs from run to run."""
    pieces = re.findall(r'<text class="terminal-r\d+"[^>]*>(.*?)</text>', picture)
    text = " ".join(html.unescape(each).replace("\u00a0", " ") for each in pieces)
    for pattern in VARIABLE:
        text = pattern.sub("…", text)
    return text.split()


def test_the_picture_is_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUTF8", "1")
    recorded: str = runpy.run_path(str(DOCS / "generators" / "terminal_picture.py"))["picture"]()
    kept = (DOCS / "terminal.svg").read_text("utf-8")

    assert words(recorded) == words(kept), "run `make picture`"
    assert "succeeded." in words(kept)
    assert "http" not in kept.replace("http://www.w3.org/2000/svg", "")
