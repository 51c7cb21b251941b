"""Diagnostics as text for people, as JSON for programs, and as annotations for GitHub's workflows."""

import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from ecsplan.terms.diagnostic import Diagnostic, Location
from ecsplan.terms.safe_text import escaped, escaped_character, escaped_json
from ecsplan_cli.output import colour_wanted, print_line
from ecsplan_cli.render.columns import columns_of
from ecsplan_cli.render.paint import paint
from ecsplan_cli.render.repeated import once
from ecsplan_cli.render.workflow_commands import in_workspace, workflow_command

MAX_WHOLE = 20
"""Diagnostics that a command shows each, equal or not, where it has no option to ask for all of them."""
TAB_WIDTH = 4
"""Columns between tab stops in an excerpt."""

_COLOURS = {"error": "red", "warning": "yellow"}
_SEVERITIES: Mapping[str, str] = {each: each for each in _COLOURS}


def report(
    diagnostics: Iterable[Diagnostic],
    *,
    quiet: bool = False,
    see_all: str | None = None,
    manifests: Sequence[str] | None = None,
) -> None:
    """Print diagnostics to standard error, coloured on a terminal; with `quiet` errors only.

    Args:
        diagnostics: The diagnostics, in order.
        quiet: Whether to leave warnings out.
        see_all: What shows each of those that are equal, for people; None shows each, unless there are many.
        manifests: What the command line names; of many diagnostics, `check --all` of these shows each.
    """
    shown = [each for each in diagnostics if not quiet or each.severity == "error"]
    if see_all is None and len(shown) > MAX_WHOLE and manifests is not None and "-" not in manifests:
        see_all = f"`{shlex.join(['ecsplan', 'check', '--all', *manifests])}`"
    if shown:
        print_line(render_text(shown, colour=colour_wanted(sys.stderr), see_all=see_all), nl=False)


def render_text(
    diagnostics: Iterable[Diagnostic],
    *,
    colour: bool = False,
    see_all: str | None = None,
    labels: Mapping[str, str] = _SEVERITIES,
) -> str:
    """Return each diagnostic with the line it is about, the place underlined, and its help; "" for none.

    Args:
        diagnostics: The diagnostics, in order.
        colour: Whether to colour them.
        see_all: Where equal ones are to be shown once, what shows all, for people: `--all`.
        labels: What each severity is called.
    """
    shown = ((each, ()) for each in diagnostics) if see_all is None else once(diagnostics, see_all)
    lines = (
        line
        for each, elsewhere in shown
        for line in (*_lines(each, labels, colour=colour), *(f"  {text}" for text in elsewhere))
    )
    return "".join(f"{line}\n" for line in lines)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return a JSON list of the diagnostics, a newline at the end."""
    rows = [each.to_json() for each in diagnostics]
    return escaped_json(json.dumps(rows, ensure_ascii=False, indent=2)) + "\n"


def render_github(diagnostics: Iterable[Diagnostic], workspace: str | None = None) -> str:
    """Return a workflow command for each diagnostic, which GitHub shows as an annotation; "" for none.

    See "Workflow commands for GitHub Actions"; the escapes are those of the runner's `ActionCommand`.

    Args:
        diagnostics: The diagnostics, in order.
        workspace: The folder of the checkout. GitHub finds files by their paths in it, wherever the step
            that checks them works; None leaves paths as they are.
    """
    return "".join(f"{_annotation(each, workspace)}\n" for each in diagnostics)


def _lines(diagnostic: Diagnostic, labels: Mapping[str, str], *, colour: bool) -> Iterable[str]:
    place = diagnostic.location
    tint = _COLOURS[diagnostic.severity]
    painted = partial(paint, colour=colour)
    where = f"{escaped(place.path)}:{place.line}:{place.column}: "
    kind = painted(f"{labels[diagnostic.severity]}[{diagnostic.rule}]", fg=tint, bold=True)
    yield f"{where}{kind}: {painted(escaped(diagnostic.message), bold=True)}"
    if place.excerpt:
        number = str(place.line)
        shown, before, width = _underlined(place)
        yield f"{painted(f'  {number} |', fg='blue')} {shown}".rstrip()
        gutter = painted(f"  {' ' * len(number)} |", fg="blue")
        yield f"{gutter} {' ' * before}{painted('^' * width, fg=tint, bold=True)}"
    label = "  help: "
    for line in diagnostic.help.splitlines():
        yield f"{painted(label, fg='cyan') if label.strip() else label}{escaped(line)}"
        label = " " * len("  help: ")


def _underlined(place: Location) -> tuple[str, int, int]:
    """Return the excerpt as a terminal shows it, the columns before the place, and those of the place."""
    start = place.column - 1 - place.skipped
    parts = (
        place.excerpt[:start],
        place.excerpt[start : start + place.width],
        place.excerpt[start + place.width :],
    )
    shown = ""
    ends = []
    column = 0
    for part in parts:
        for each in part:
            # Tabs are written out: a terminal's own stops count the gutter, and the underline would miss.
            text = " " * (TAB_WIDTH - column % TAB_WIDTH) if each == "\t" else escaped_character(each)
            shown += text
            column += columns_of(text)
        ends.append(column)
    return shown, ends[0], max(1, ends[1] - ends[0])


def _annotation(diagnostic: Diagnostic, workspace: str | None) -> str:
    place = diagnostic.location
    properties = {
        "file": (None if workspace is None else in_workspace(place.path, workspace)) or place.path,
        "line": str(place.line),
        "col": str(place.column),
        "endColumn": str(place.column + place.width - 1),
        "title": f"ecsplan: {diagnostic.rule}",
    }
    message = "\n".join([diagnostic.message, *([f"help: {diagnostic.help}"] if diagnostic.help else [])])
    return workflow_command(diagnostic.severity, message, **properties)
