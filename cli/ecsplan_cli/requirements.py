"""The required libraries that are missing or too old; looked for only once something has failed."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from ecsplan.terms.records import dataclass

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+) *\(?>=(?P<oldest>[\d.]+)\)?")
"""As our own metadata has them. One with a marker does not match: an extra, or a library that is optional."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that is not met.

    Attributes:
        name: The library, as pip calls it.
        oldest: The oldest version that ecsplan works with.
        installed: The version that is installed, or None.
    """

    name: str
    oldest: str
    installed: str | None

    def __str__(self) -> str:
        """Return what is required and what there is, in words."""
        found = "is not installed" if self.installed is None else f"{self.installed} is installed"
        return f"{self.name} {self.oldest} or later is required, and {found}"


def unmet() -> tuple[Unmet, ...]:
    """Return the requirements that are not met; none where ecsplan itself is not installed but copied."""
    try:
        stated = requires("ecsplan") or []
    except PackageNotFoundError:
        return ()
    return tuple(_unmet(stated))


def _unmet(stated: list[str]) -> Iterator[Unmet]:
    for each in map(_REQUIREMENT.fullmatch, stated):
        if each is not None:
            try:
                installed = version(each["name"])
            except PackageNotFoundError:
                installed = None
            if installed is None or _release(installed) < _release(each["oldest"]):
                yield Unmet(each["name"], each["oldest"], installed)


def _release(text: str) -> tuple[int, ...]:
    """Return the numbers with which a version begins, without zeros at the end: 14 is 14.0."""
    numbers = [int(each) for each in re.findall(r"\d+", re.split(r"[^\d.]", text, maxsplit=1)[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
