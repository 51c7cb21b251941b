"""Tasks and when each writes its lines, which whoever follows a log is to print once each."""

import pytest

RUNNING = {"at": 1, "status": "RUNNING"}


def ended(at: float, code: int = 0) -> dict[str, object]:
    """Return the step of a timeline at which a task stops."""
    return {"at": at, "status": "STOPPED", "exitCode": code}


TIMELINES = [
    pytest.param([RUNNING, {"at": 2, "log": "one"}, ended(3)], ["one"], id="one line"),
    pytest.param([RUNNING, ended(3)], [], id="nothing"),
    pytest.param(
        [RUNNING, {"at": 2, "log": ["a"] * 5, "timestamp": [2] * 5}, ended(3)],
        ["a"] * 5,
        id="equal lines at one time",
    ),
    pytest.param(
        [
            RUNNING,
            {"at": 2, "log": ["a", "b"], "timestamp": 2},
            {"at": 6, "log": ["c", "a"], "timestamp": 2},
            ended(20),
        ],
        ["a", "b", "c", "a"],
        id="more at the same time later",
    ),
    pytest.param(
        [RUNNING, {"at": 5, "log": "new"}, {"at": 20, "log": "old", "timestamp": 2}, ended(60)],
        ["new", "old"],
        id="out of order while it runs",
    ),
    pytest.param(
        [RUNNING, {"at": 5, "log": "x"}, {"at": 20, "log": "x", "timestamp": 2}, ended(21)],
        ["x", "x"],
        id="an equal line out of order at the end",
    ),
    pytest.param([RUNNING, ended(3), {"at": 4.5, "log": "after"}], ["after"], id="first line after the end"),
    pytest.param(
        [RUNNING, {"at": 2, "log": "a"}, ended(3), {"at": 4.2, "log": "b"}, {"at": 5.5, "log": "c"}],
        ["a", "b", "c"],
        id="lines keep coming after the end",
    ),
    pytest.param(
        [RUNNING, {"at": 2, "log": "z"}, ended(3), {"at": 4.2, "log": "a", "timestamp": 1}],
        ["z", "a"],
        id="out of order after the end",
    ),
    pytest.param(
        [RUNNING, ended(3), {"at": 9, "stream": True, "log": ["late", "later"]}],
        ["late", "later"],
        id="the stream appears after the end",
    ),
    pytest.param(
        [{"at": 0, "status": "STOPPED", "exitCode": 0}, {"at": 4, "stream": True, "log": "quick"}],
        ["quick"],
        id="over when first seen",
    ),
    pytest.param(
        [RUNNING, {"at": 2, "log": "\x1b[31mred\x1b[0m\ttab"}, ended(3)],
        ["\x1b[31mred\x1b[0m\ttab"],
        id="control characters stay",
    ),
    pytest.param([RUNNING, {"at": 2, "log": "größer 日本"}, ended(3)], ["größer 日本"], id="any script"),
]
"""A timeline of the fault script, and the lines."""
