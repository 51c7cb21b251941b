"""What commands print, compared with what pages of the documentation show."""

import re
from collections import Counter

_VARIABLE = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "TASK-ID"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "RUN-ID"),
    (re.compile(r"\b(rtb|subnet|vpc)-[0-9a-f]+\b"), r"\1-ID"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "TASK"),
    (re.compile(r"\b\d{12}\b"), "ACCOUNT"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z?\b"), "TIME"),
    (re.compile(r" +\d+(\.\d)? s\b"), " N s"),
    (re.compile(r" \([a-z ]+ N s.*\)$", re.MULTILINE), ""),
)
_STATE = re.compile(r": [A-Z]+ after N s$")
"""Which states a look met."""


def same(expected: str, printed: str) -> bool:
    """Return whether a command has printed what a page shows, but for names and times of a run.

    Progress and log meet in one order or another, so the order of lines is not compared.
    """
    wanted, found = Counter(_plain(expected)), Counter(_plain(printed))
    if "…" in wanted:
        del wanted["…"]
        return wanted <= found
    return wanted == found


def _plain(text: str) -> list[str]:
    """Return the lines without what differs from run to run."""
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    # A duration with a decimal place widens its column.
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line and not _STATE.search(line)]
