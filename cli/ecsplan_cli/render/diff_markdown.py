"""What a plan would do, as Markdown for a comment on a pull request: a summary, a table, details folded."""

import re
from collections.abc import Callable, Iterator, Sequence

from ecsplan.terms.safe_text import escaped, without_commands
from ecsplan_cli.output import counted
from ecsplan_cli.render.change_lines import Line
from ecsplan_cli.render.diff import details, how, left_out, lines_of, policies, summary, where_and_how
from ecsplan_cli.render.order import shown_steps
from ecsplan_cli.render.review import JobReview, counted_only
from ecsplan_cli.render.short_names import short_name

MAX_BYTES = 60_000
"""Bytes of UTF-8. GitHub takes 65,536 characters in a comment; a pipeline may want a heading of its own."""
_TABLE_BYTES = 30_000
_NOTE_BYTES = 300
_MIN_DETAILS_BYTES = 400
"""With less space than this, a job's details are left out entirely."""
_NAME_SHOWN = 80

_SAFE_IN_BACKTICKS = re.compile(r"[\w.:/=+,<>()\[\]…-](?:[\w .:/=+,<>()\[\]…-]*[\w.:/=+,<>()\[\]…-])?")
_SIGNS = {"+": "+", "-": "-", "~": "!", " ": " "}
"""The signs that a block of `diff` colours."""
_EMPTY = "| | job | task definition | runs |\n|---|---|---|---|\n"


def render_markdown(jobs: Sequence[JobReview], *, all_jobs: bool = False) -> str:
    """Return a comment of at most `MAX_BYTES`; what had to be left out is said.

    What manifests say stands in code only: nothing in it is formatted, and no @name is notified. Jobs that
    reuse their definition are counted as in `render_text`.
    """
    head = f"**ecsplan diff**: {summary(jobs)}\n"
    head += _order(jobs)
    hidden_jobs = frozenset() if all_jobs else counted_only(jobs)
    if hidden_jobs:
        head += f"\n{left_out(len(hidden_jobs)).removeprefix('= ')}\n"
    jobs = [each for number, each in enumerate(jobs) if number not in hidden_jobs]
    if not jobs:
        return head
    # The table comes first: a reader needs every job's row more than one job's details.
    table, hidden = _table(jobs)
    bytes_left = MAX_BYTES - _bytes(head) - _bytes(table) - _NOTE_BYTES
    sections = _sections(jobs, bytes_left)
    notes = list(_notes(hidden, len(jobs) - len(sections)))
    return without_commands("\n".join([head, table, *(sections[each] for each in sorted(sections)), *notes]))


def _order(jobs: Sequence[JobReview]) -> str:
    """Return the steps in which the jobs start as lines of Markdown; "" where all start at once."""
    rows = [
        f"{f'{number}. ' if number else ''}{', '.join(map(code, names))}{more}"
        for number, names, more in shown_steps(policies(jobs))
    ]
    # Not as a list of Markdown, which would count the steps again, those left out not among them.
    return f"\nOrder: {' → '.join(rows)}\n" if rows else ""


def _table(jobs: Sequence[JobReview]) -> tuple[str, int]:
    """Return the table, and how many jobs have no place in it."""
    rows, bytes_left = [_EMPTY], _TABLE_BYTES - _bytes(_EMPTY)
    for number, job in enumerate(jobs):
        row = f"| {' | '.join(_cells(job))} |\n"
        bytes_left -= _bytes(row)
        if bytes_left < 0:
            return "".join(rows), len(jobs) - number
        rows.append(row)
    return "".join(rows), 0


def _cells(job: JobReview) -> Iterator[str]:
    yield f"**{job.action}**" if job.action == "register" else job.action
    yield code(job.name)
    yield _why(job, code)
    yield (f"{job.run.count} times " if job.run.count != 1 else "") + code(how(job.run))


def _why(job: JobReview, quoted: Callable[[str], str]) -> str:
    """Return what happens to the task definition in a few words, with names as code."""
    match job.reason:
        case "first":
            return f"first revision of {quoted(job.family)}"
        case "changed":
            return f"{counted(len(job.changes), 'change')} from {quoted(short_name(job.latest))}"
        case "unchanged":
            return f"{quoted(short_name(job.arn))} matches"
        case "linked":
            return f"{quoted(short_name(job.arn))} is linked"
        case "open":
            return f"{quoted(job.family)}: AWS was not asked"


def _sections(jobs: Sequence[JobReview], bytes_left: int) -> dict[int, str]:
    """Return the details that fit, by the job's position; jobs that register come first."""
    first = sorted(range(len(jobs)), key=lambda number: jobs[number].action != "register")
    sections: dict[int, str] = {}
    for number in first:
        section = _section(jobs[number], bytes_left - 1)
        # A later section may be shorter and still fit.
        if section is None:
            continue
        sections[number] = section
        bytes_left -= _bytes(section) + 1
    return sections


def _section(job: JobReview, bytes_left: int) -> str | None:
    """Return one job's details, folded, cut by lines to the bytes left; None where these are too few."""
    if bytes_left < _MIN_DETAILS_BYTES:
        return None
    lines = [_diff_line(each) for each in lines_of(job, split=True)]
    about = [f"  run {where_and_how(job)}", *(f"    {name}: {text}" for name, text in details(job))]
    lines, about = ([without_commands(each) for each in listed] for listed in (lines, about))
    opening = f"<details><summary>{html_code(job.name)}: {_why(job, html_code)}</summary>\n\n"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", "\n".join(lines + about))), default=0))
    ending = f"{fence}\n\n</details>\n"
    left = bytes_left - _bytes(opening) - _bytes(fence) - len("diff\n") - _bytes(ending) - _NOTE_BYTES
    shown: list[str] = []
    wanted = [*lines, *([""] if lines else []), *about]
    for each in wanted:
        left -= _bytes(each) + 1
        if left < 0:
            shown.append(f"  … {len(wanted) - len(shown)} more lines; the text form shows them")
            break
        shown.append(each)
    return f"{opening}{fence}diff\n" + "".join(f"{each}\n" for each in shown) + ending


def _diff_line(line: Line) -> str:
    return f"{_SIGNS[line.sign]} {line.text}".rstrip()


def _notes(rows: int, sections: int) -> Iterator[str]:
    if rows:
        yield f"{counted(rows, 'more job')} left out of the table; the text form shows all.\n"
    if sections:
        yield f"Details of {counted(sections, 'job')} left out; the text form shows all.\n"


def code(text: str) -> str:
    """Return a text as code in a table's cell, whatever is in it."""
    shown = _clipped(escaped(text), _NAME_SHOWN)
    return f"`{shown}`" if _SAFE_IN_BACKTICKS.fullmatch(shown) else html_code(text)


def html_code(text: str) -> str:
    """Return a text as code in HTML, all of its punctuation as entities, so that Markdown sees none of it."""
    shown = _clipped(escaped(text), _NAME_SHOWN)
    inner = "".join(each if each.isalnum() or each in " …" else f"&#{ord(each)};" for each in shown)
    return f"<code>{inner}</code>"


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
