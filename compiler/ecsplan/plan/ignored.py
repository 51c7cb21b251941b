"""What comments `# ecsplan: ignore[rule, …]` silence, and which of them are unused."""

from collections.abc import Iterable, Iterator
from functools import cache

from ecsplan.rules.order import CHECKS
from ecsplan.schema.nearest import nearest
from ecsplan.source.ignores import Ignore
from ecsplan.terms.diagnostic import Diagnostic, warning
from ecsplan.terms.records import dataclass

_OF_INPUTS = frozenset(
    {
        *("link-cycle", "no-manifests", "unnamed-job", "unreadable-file"),
        *("setting-job", "setting-key", "setting-value", "source", "variable-file"),
    }
)
"""Rules about files, and about what standard input lacks: no comment could stand where they are reported."""


@cache
def _ends_checking() -> frozenset[str]:
    """Return the rules whose errors keep others from running, so that what is not found means nothing."""
    from ecsplan.schema.schema_rules import SCHEMA_RULES  # noqa: PLC0415 - few manifests ignore rules
    from ecsplan.source.reading_rules import SOURCE_RULES  # noqa: PLC0415

    return frozenset(each.name for each in SOURCE_RULES).union(each.name for each in SCHEMA_RULES)


@cache
def _rules_of_jobs() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the rules that are no functions, and of those that only AWS can answer."""
    from ecsplan.job.job_rules import JOB_RULES, ONLINE_RULES  # noqa: PLC0415 - few manifests ignore rules

    return frozenset(each.name for each in JOB_RULES), frozenset(ONLINE_RULES)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which rules have run, so that an ignore that silences nothing can be called unused.

    Attributes:
        online: Whether AWS has answered every question of the jobs.
        unseen: Files with a job whose linked definition or lookups were not seen: many rules wait for these.
    """

    online: bool
    unseen: frozenset[str] = frozenset()


def rule_names() -> frozenset[str]:
    """Return the name of every rule that a diagnostic can have."""
    checks = (each.__name__.replace("_", "-") for each in CHECKS)
    return _ends_checking().union(checks, _rules_of_jobs()[0], _OF_INPUTS)


def heeded(
    found: Iterable[Diagnostic], ignores: Iterable[Ignore], coverage: Coverage
) -> Iterator[Diagnostic]:
    """Yield the diagnostics that no comment silences, and what is wrong with the comments themselves."""
    diagnostics, asked = tuple(found), tuple(ignores)
    if not asked:
        yield from diagnostics
        return
    silenced = {(each.location.path, each.location.line, each.rule) for each in asked}
    remarks = tuple(_remarks(diagnostics, asked, coverage))
    for each in (*diagnostics, *remarks):
        # Remarks may be silenced as well, by a comment that names `unused-ignore`; errors never are.
        if each.severity == "error" or (each.path, each.line, each.rule) not in silenced:
            yield each


def _remarks(
    found: tuple[Diagnostic, ...], asked: tuple[Ignore, ...], coverage: Coverage
) -> Iterator[Diagnostic]:
    """Yield the warnings about comments: rules that do not exist, errors, and what silences nothing."""
    known = rule_names()
    severities: dict[tuple[str, int, str], set[str]] = {}
    for each in found:
        severities.setdefault((each.path, each.line, each.rule), set()).add(each.severity)
    # Where an error ends the checks of a file, later rules have not run: their comments may well be used.
    cut_short = {each.path for each in found if each.severity == "error" and each.rule in _ends_checking()}
    for ignore in asked:
        there = severities.get((ignore.location.path, ignore.location.line, ignore.rule), set())
        if ignore.rule not in known:
            yield _unknown(ignore, known)
        elif "error" in there:
            message = f"{ignore.rule} is an error here, and only warnings can be ignored"
            yield warning(
                "unused-ignore", ignore.location, message, help="fix the error, and remove the comment"
            )
        elif not there and ignore.location.path not in cut_short and _has_run(ignore, coverage):
            message = f"{ignore.rule} reports nothing on this line"
            help_text = "remove it, or put the comment on the line that the diagnostic names"
            yield warning("unused-ignore", ignore.location, message, help=help_text)


def _has_run(ignore: Ignore, coverage: Coverage) -> bool:
    """Return whether the rule would have reported what there is to report on the comment's line."""
    # What it silences is known only after this.
    if ignore.rule in {"unknown-ignore", "unused-ignore"}:
        return False
    return coverage.online or (
        ignore.rule not in _rules_of_jobs()[1] and ignore.location.path not in coverage.unseen
    )


def _unknown(ignore: Ignore, known: frozenset[str]) -> Diagnostic:
    if not ignore.rule:
        help_text = "name the rules: `# ecsplan: ignore[env-secret, command-shell]`"
        return warning(
            "unknown-ignore", ignore.location, "this comment names no rule to ignore", help=help_text
        )
    near = nearest(ignore.rule, sorted(known))
    help_text = f"did you mean {near}?" if near else "docs/rules.md lists the rules"
    return warning("unknown-ignore", ignore.location, f"there is no rule {ignore.rule!r}", help=help_text)
