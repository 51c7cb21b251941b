"""Findings of `verify`: as text for people, as JSON for programs, as annotations for GitHub's workflows."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ecsplan.terms.diagnostic import Diagnostic, Severity
from ecsplan.terms.json_types import Record
from ecsplan.terms.safe_text import escaped, escaped_json
from ecsplan_cli.output import counted
from ecsplan_cli.render import diagnostics
from ecsplan_cli.render.paint import paint

if TYPE_CHECKING:
    from ecsplan_applier.verify.finding import Finding

MAX_EACH: Final = 3
"""Findings about calls that could not be made that are shown each; more of them are counted."""
MAX_SHORT: Final = 100
"""Characters that are shown of what one check found in order; `--all` shows it whole."""
_SEVERITIES: Final[dict[str, Severity]] = {"fails": "error", "unknown": "warning"}
_LABELS: Final[dict[str, str]] = {severity: state for state, severity in _SEVERITIES.items()}


def render_text(
    findings: Iterable["Finding"],
    *,
    colour: bool = False,
    see_all: str | None = None,
    show_all: bool = False,
    states: Sequence[str] = ("fails", "unknown", "ok"),
) -> str:
    """Return the findings for people: what fails at its place, what is unknown, and what is ok in short.

    Equal findings are shown once, and calls that could not be made are counted.

    Args:
        findings: The findings, in order.
        colour: Whether to colour them.
        see_all: What shows all of them, for people: `--all`. None where nothing does.
        show_all: Whether to show each.
        states: The states to show.
    """
    shown = [each for each in findings if each.state in states]
    counts = [] if show_all else _not_asked(shown)
    each_shown = [_diagnostic(each) for each in shown if each.state != "ok" and each not in counts]
    named = see_all if not show_all else None
    text = diagnostics.render_text(each_shown, colour=colour, see_all=named, labels=_LABELS)
    lines = [*_notices(counts, see_all, colour=colour), *_ok_lines(shown, show_all=show_all, colour=colour)]
    return text + "".join(f"{line}\n" for line in lines)


def render_json(findings: Iterable["Finding"], wrong: Iterable[Diagnostic] = ()) -> str:
    """Return a JSON list of the findings and of the errors in manifests, by place, a newline at the end.

    An error fails, and its rule is its check; what is no error in `wrong` is left out.
    """
    rows = [each.to_json() for each in findings]
    rows += [_failure(each) for each in wrong if each.severity == "error"]
    rows.sort(key=lambda row: tuple(row[each] for each in ("path", "line", "column", "check", "message")))
    return escaped_json(json.dumps(rows, ensure_ascii=False, indent=2)) + "\n"


def _failure(error: Diagnostic) -> Record:
    """Return an error in a manifest as a finding's `to_json` returns that."""
    return {
        "path": error.location.path,
        "line": error.location.line,
        "column": error.location.column,
        "state": "fails",
        "check": error.rule,
        "message": error.message,
        "help": error.help,
    }


def render_github(findings: Iterable["Finding"], workspace: str | None = None) -> str:
    """Return a workflow command for each finding that is not ok; see `diagnostics.render_github`."""
    shown = (_diagnostic(each) for each in findings if each.state != "ok")
    return diagnostics.render_github(shown, workspace)


def verify_summary(jobs: int, findings: Iterable["Finding"]) -> str:
    """Return the last line of `verify`: how many jobs, and how many findings of each state."""
    number = Counter(each.state for each in findings)
    fails = f"{number['fails']:,} fail{'s' if number['fails'] == 1 else ''}"
    return f"{counted(jobs, 'job')}: {number['ok']:,} ok, {fails}, {number['unknown']:,} unknown"


def _diagnostic(finding: "Finding") -> Diagnostic:
    return Diagnostic(
        _SEVERITIES[finding.state], finding.check, finding.location, finding.message, finding.help
    )


def _not_asked(findings: Iterable["Finding"]) -> list["Finding"]:
    """Return the findings to count, about calls that could not be made.

    Where an endpoint lacks a call, that is so for every job; others are shown each where they are few.
    """
    found = [each for each in findings if each.unasked is not None]
    if len(found) > MAX_EACH:
        return found
    return [each for each in found if each.unasked is not None and each.unasked.cause == "not served"]


def _notices(findings: Sequence["Finding"], see_all: str | None, *, colour: bool) -> Iterator[str]:
    """Yield a line or two for each cause for which calls could not be made."""
    operations: dict[str, Counter[str]] = defaultdict(Counter)
    for each in findings:
        if each.unasked is not None:
            operations[each.unasked.cause][each.unasked.operation] += 1
    label = paint("unknown", fg="yellow", bold=True, colour=colour)
    more = "" if see_all is None else f" ({see_all} shows each)"
    for cause, called in operations.items():
        things = counted(called.total(), "thing")
        yield f"{label}: {things} could not be checked{more}: {_reason(cause, sorted(called))}"
        if cause == "denied":
            hint = paint("help:", fg="cyan", colour=colour)
            yield f"  {hint} `ecsplan docs permissions` lists what verify calls"


def _reason(cause: str, operations: Sequence[str]) -> str:
    names = _listed(operations)
    match cause:
        case "not served":
            return f"this endpoint has no {names}"
        case "not reached":
            return f"{names} did not reach {'its service' if len(operations) == 1 else 'their services'}"
        case _:
            return f"{names} {'is' if len(operations) == 1 else 'are'} denied"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def _ok_lines(findings: Iterable["Finding"], *, show_all: bool, colour: bool) -> Iterator[str]:
    """Yield a line for each check: what it found, or how often it found that."""
    good = sorted((each for each in findings if each.state == "ok"), key=lambda each: each.check)
    label = paint("ok", fg="green", bold=True, colour=colour)
    if show_all:
        for each in good:
            at = each.location
            place = f"{escaped(at.path)}:{at.line}:{at.column}"
            yield f"{place}: {label}[{each.check}]: {escaped(each.message)}"
        return
    width = max((len(each.check) for each in good), default=0)
    for check, found in groupby(good, key=lambda each: each.check):
        yield f"{label}  {check.ljust(width)}  {escaped(_in_short(tuple(found)))}"


def _in_short(findings: Sequence["Finding"]) -> str:
    """Return what one check found, or the first of it and how much more; long lists are cut."""
    first, *others = dict.fromkeys(each.message for each in findings)
    short = first if len(first) <= MAX_SHORT else f"{first[: MAX_SHORT - 1]}…"
    return f"{short}; and {len(others):,} more" if others else short
