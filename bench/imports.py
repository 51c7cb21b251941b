"""The modules that a command imports, by the package that they belong to, as Python measures them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sys import stdlib_module_names

from results import Table
from timing import run

_OWN = frozenset({"ecsplan", "ecsplan_cli", "ecsplan_applier", "ecsplan_convert", "ecsplan_local"})
_STANDARD = "standard library"


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of one run with `-X importtime`, which itself slows each import down.

    Attributes:
        modules: Package -> number of its modules.
        own_us: Package -> microseconds of its modules alone, without what they import.
        module_us: Module -> microseconds of it alone.
    """

    modules: Counter[str] = field(default_factory=Counter)
    own_us: Counter[str] = field(default_factory=Counter)
    module_us: Counter[str] = field(default_factory=Counter)

    def all_ms(self) -> float:
        """Return the milliseconds of all imports."""
        return self.own_us.total() / 1000

    def of_ms(self, package: str) -> float:
        """Return the milliseconds of a package's own modules."""
        return sum(us for name, us in self.module_us.items() if f"{name}.".startswith(f"{package}.")) / 1000

    def table(self, title: str) -> Table:
        """Return the packages, the slowest first."""
        rows = [
            (whose, str(self.modules[whose]), f"{took_us / 1000:.0f}")
            for whose, took_us in self.own_us.most_common()
        ]
        rows.append(("all", str(self.modules.total()), f"{self.all_ms():.0f}"))
        note = "One run with `-X importtime`, which itself slows each import down."
        return Table(title, ("package", "modules", "ms"), rows, note)

    def explained(self, other: "Imports") -> str:
        """Return in words how long the imports take, and those that they are compared with."""
        modules = sum(self.modules[each] for each in _OWN)
        own_ms = sum(self.own_us[each] for each in _OWN) / 1000
        standard_ms, other_standard_ms = (each.own_us[_STANDARD] / 1000 for each in (self, other))
        return (
            f"under `-X importtime`, its imports take {self.all_ms():.0f} ms, of which "
            f"{own_ms:.0f} ms are {modules} modules of ecsplan and {standard_ms:.0f} ms Python's; "
            f"those of the other take {other.all_ms():.0f} ms, {other_standard_ms:.0f} ms of them Python's."
        )


def imports_of(command: Sequence[str], env: Mapping[str, str]) -> Imports:
    """Return what a command imports.

    Args:
        command: A Python, and its arguments.
        env: The complete environment of the command.
    """
    python, *arguments = command
    found = Imports()
    listing = run([python, "-X", "importtime", *arguments], env=env).errors
    # The second column is cumulative; only the time of a module itself can be summed up.
    for took_us, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)", listing):
        whose = _whose(name.partition(".")[0])
        found.own_us[whose] += int(took_us)
        found.module_us[name] += int(took_us)
        found.modules[whose] += 1
    return found


def _whose(package: str) -> str:
    if package in _OWN:
        return package
    if package in stdlib_module_names or package.startswith("_"):
        return _STANDARD
    return package
