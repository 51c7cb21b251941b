"""Counts how often functions are called: by default the passes of the compiler."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ecsplan.decision.canonical import fingerprint
from ecsplan.decision.decide_revision import decide
from ecsplan.draft.draft import define, draft
from ecsplan.job.accept import accept
from ecsplan.job.bind import bind
from ecsplan.plan.plan_job import plan_job
from ecsplan.rules.check import check
from ecsplan.source.read import read_manifest

PASSES: dict[str, Callable[..., Any]] = {
    "read": read_manifest,
    "accept": accept,
    "bind": bind,
    "define": define,
    "decide": decide,
    "draft": draft,
    "check": check,
    "fingerprint": fingerprint,
    "plan": plan_job,
}


@contextmanager
def counted(functions: Mapping[str, Callable[..., Any]] = PASSES) -> Iterator[Counter[str]]:
    """Give how often each function is called, with anything that imports it; nothing of ours is replaced."""
    names = {function.__code__: name for name, function in functions.items()}
    counts: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        del argument
        if event == "call" and frame.f_code in names:
            counts[names[frame.f_code]] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield counts
    finally:
        sys.setprofile(before)
