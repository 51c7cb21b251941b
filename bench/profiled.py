"""In which packages of ecsplan a call spends more time than another one, as a profiler sees it."""

import cProfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import ecsplan

_CALLS = 30
_PACKAGES = Path(ecsplan.__file__).parent


def more_than(one: Callable[[], object], other: Callable[[], object]) -> str:
    """Return in words what one call takes more than another, by packages, under `cProfile`."""
    one_ms, other_ms = _by_package_ms(one), _by_package_ms(other)
    more_ms = {name: ms - other_ms.get(name, 0.0) for name, ms in one_ms.items()}
    most = sorted(more_ms.items(), key=lambda each: -each[1])[:3]
    named = ", ".join(f"{ms:.2f} ms in {name}" for name, ms in most if ms > 0)
    return (
        f"under `cProfile`, which slows calls down, it takes {sum(one_ms.values()):.2f} ms against "
        f"{sum(other_ms.values()):.2f} ms; more are {named}."
    )


def _by_package_ms(call: Callable[[], object]) -> dict[str, float]:
    profile = cProfile.Profile()
    call()
    profile.enable()
    for _ in range(_CALLS):
        call()
    profile.disable()
    took: dict[str, float] = defaultdict(float)
    for each in profile.getstats():
        file = "" if isinstance(each.code, str) else each.code.co_filename
        took[_package(file)] += each.inlinetime * 1000 / _CALLS
    return took


def _package(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(_PACKAGES):
        return f"`ecsplan.{path.relative_to(_PACKAGES).with_suffix('').parts[0]}`"
    return "libraries and built-in functions"
