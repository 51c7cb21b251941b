"""Equal diagnostics of many places, shown once: one mistake that 450 manifests share is one thing to read."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from ecsplan.terms.diagnostic import Diagnostic, Location
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan_cli.output import counted

MAX_EQUAL = 3
"""Equal diagnostics of one file that are each shown whole: so few lines are worth more than brevity."""
MAX_NAMED = 3
"""Places that are named of those that are not shown."""


@dataclass(slots=True)
class _Equal:
    """The diagnostics that are equal: the first one, those of its file, and the other files, each once."""

    first: Diagnostic
    here: list[Location] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)

    @property
    def shows_each(self) -> bool:
        return len(self.here) <= MAX_EQUAL


def once(diagnostics: Iterable[Diagnostic], see_all: str) -> Iterator[tuple[Diagnostic, tuple[str, ...]]]:
    """Yield the diagnostics to show whole, in order, each with lines about equal ones that are not shown.

    Diagnostics are equal where severity, rule and message are.

    Args:
        diagnostics: All of them, in order.
        see_all: What shows all, for people: `--all`.
    """
    found = tuple(diagnostics)
    groups: dict[tuple[str, str, str], _Equal] = {}
    for each in found:
        group = groups.setdefault(_key(each), _Equal(each))
        if each.location.path == group.first.location.path:
            group.here.append(each.location)
        else:
            group.files[each.location.path] = None
    for each in found:
        group = groups[_key(each)]
        if each is group.first:
            yield each, tuple(_elsewhere(group, see_all))
        elif group.shows_each and each.location.path == group.first.location.path:
            yield each, ()


def _key(diagnostic: Diagnostic) -> tuple[str, str, str]:
    return diagnostic.severity, diagnostic.rule, diagnostic.message


def _elsewhere(group: _Equal, see_all: str) -> Iterator[str]:
    if not group.shows_each:
        places = [f"{each.line}:{each.column}" for each in group.here[1:]]
        number = counted(len(places), "more place")
        yield f"the same at {number} in this file ({see_all} shows them): {_named(places)}"
    if group.files:
        number = counted(len(group.files), "more file")
        yield f"the same in {number} ({see_all} shows them): {_named(map(escaped, group.files))}"


def _named(places: Iterable[str]) -> str:
    """Return the first places, and that there are more."""
    listed = list(places)
    return ", ".join([*listed[:MAX_NAMED], *(["…"] if listed[MAX_NAMED:] else [])])
