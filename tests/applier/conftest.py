"""Fixtures of the applier's tests; `apply_stage` says what they give."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Command, Stage

from ecsplan_local import Endpoint, ScriptedClock, serve


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Return a function that starts an endpoint with a fault script and other options of `serve`."""
    started: list[Endpoint] = []

    def begin(faults: Mapping[str, Any] | None = None, **options: Any) -> Stage:
        clock = ScriptedClock()
        endpoint = serve(runner="scripted", clock=clock, faults=faults, record=True, **options)
        started.append(endpoint)
        return Stage(endpoint, clock, tmp_path)

    yield begin
    for each in started:
        each.close()


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Return a function that starts an endpoint in real time, and gives `ecsplan` against it."""
    started: list[Endpoint] = []

    def begin(faults: Mapping[str, Any] | None = None, **options: Any) -> Command:
        endpoint = serve(**({"runner": "scripted", "faults": faults, "record": True} | options))
        started.append(endpoint)
        return Command(endpoint, tmp_path)

    yield begin
    for each in started:
        each.close()
