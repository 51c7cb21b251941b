"""The problems of a file -> its diagnostics: how many are reported, and where they stand."""

from ecsplan.terms.diagnostic import Diagnostic, error, warning
from ecsplan.yaml.text import Problem, SourceText

MAX_PROBLEMS = 1000
"""Problems that are reported individually, of a file and then of each of its jobs."""


def keep_one_of_a_kind(problems: list[Problem]) -> None:
    """Remove repeated `not-a-manifest` problems: one per kind of foreign document is enough."""
    seen: set[str] = set()
    for each in [problem for problem in problems if problem.rule == "not-a-manifest"]:
        if each.message in seen:
            problems.remove(each)
        seen.add(each.message)


def bounded(problems: list[Problem]) -> list[Problem]:
    """Return the first `MAX_PROBLEMS` problems of a file by place, and one that counts the others."""
    # Sorted before it is cut, so that fixing them from the top never uncovers an earlier one.
    found = sorted(dict.fromkeys(problems), key=lambda each: each.start)
    if len(found) <= MAX_PROBLEMS:
        return found
    more = len(found) - MAX_PROBLEMS
    place = found[MAX_PROBLEMS]
    message = f"{more:,} more problems are not shown"
    last = Problem(
        "too-many-problems", place.start, place.end, message, "fix these first, then run the check again"
    )
    return [*found[:MAX_PROBLEMS], last]


def diagnostic(source: SourceText, problem: Problem) -> Diagnostic:
    """Return a problem of a text as a diagnostic."""
    location = (problem.source or source).location(problem.start, problem.end, problem.pointer)
    report = error if problem.severity == "error" else warning
    return report(problem.rule, location, problem.message, help=problem.help)
