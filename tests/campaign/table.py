"""The campaign's table: what each test adds to it, and how it is printed when all have ended."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

SURVIVED, REPORTED, LOST, DOUBLED = "survived", "reported", "lost", "doubled"
"""What may become of a disturbed apply; the last two are defects."""
PROPERTY = "campaign"
"""The property of a test's report that holds its row: [fault, verdict -> how often]."""
Record: TypeAlias = Callable[[str, object], None]
"""What the fixture `record_property` is: it adds a property to a test's report."""
_COLUMNS = (SURVIVED, REPORTED, LOST, DOUBLED)


def row(fault: str, verdicts: Iterable[Any]) -> tuple[str, dict[str, int]]:
    """Return the row of one test, in types that survive the way between the processes of a test run."""
    return fault, dict(Counter(each.kind for each in verdicts))


def table(rows: Iterable[tuple[str, Mapping[str, int]]]) -> list[str]:
    """Return the lines of the table, one a fault, and a last one with the sums."""
    by_fault: dict[str, Counter[str]] = {}
    for fault, verdicts in rows:
        by_fault.setdefault(fault, Counter()).update(verdicts)
    if not by_fault:
        return []
    total = sum(by_fault.values(), Counter())
    width = max(len(each) for each in by_fault)
    head = " ".join(f"{each:>9}" for each in ("injected", *_COLUMNS))
    lines = [f"{'fault':<{width}} {head}"]
    for fault, found in [*sorted(by_fault.items()), ("all", total)]:
        numbers = [found.total(), *(found[each] for each in _COLUMNS)]
        lines.append(f"{fault:<{width}} " + " ".join(f"{each:>9}" for each in numbers))
    return lines


def rows_of(reports: Iterable[Any]) -> list[tuple[str, Mapping[str, int]]]:
    """Return the rows that tests have added to their reports."""
    ended = (each for each in reports if getattr(each, "when", "") == "call")
    properties = (each for report in ended for each in report.user_properties)
    return [(value[0], value[1]) for name, value in properties if name == PROPERTY]
