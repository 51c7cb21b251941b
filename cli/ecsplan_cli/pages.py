"""The pages of the documentation, as `ecsplan docs` finds them: by name, or by the name of a section."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ecsplan.terms.records import dataclass

_HEADING = re.compile(r"^(?P<level>#{1,6}) +(?P<title>.+?) *$")
_FENCE = re.compile(r"^ *(?:```|~~~)")
_ROW = re.compile(r"^\| (?P<name>[a-z0-9-]+) \|")
"""A row of a table whose first cell is a name, such as those of docs/failures.md."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        topic: Its name: the path of its file below docs/, without the suffix.
        title: Its first heading, in plain text.
        text: The page, Markdown.
    """

    topic: str
    title: str
    text: str


def pages() -> tuple[Page, ...]:
    """Return all pages, by topic."""
    folder = _folder()
    named = {each.relative_to(folder).with_suffix("").as_posix(): each for each in folder.rglob("*.md")}
    found = ((topic, path.read_text(encoding="utf-8")) for topic, path in sorted(named.items()))
    return tuple(Page(topic, _title(text), text) for topic, text in found)


def section(name: str) -> str | None:
    """Return the section or table row that has this name on any page, Markdown; None where none has it.

    A rule's name finds the rule, a manifest key's name the key, a failure's name its row.
    """
    for page in pages():
        found = _section(page.text, name) or _row(page.text, name)
        if found is not None:
            return found
    return None


def names() -> tuple[str, ...]:
    """Return the names of all pages and of the sections that one word names."""
    words = (title for page in pages() for _, _, title in _headings(page.text) if " " not in title)
    rows = (row["name"] for page in pages() for row in map(_ROW.match, page.text.splitlines()) if row)
    return tuple(dict.fromkeys((*(page.topic for page in pages()), *words, *rows)))


def _section(text: str, name: str) -> str | None:
    lines = text.splitlines()
    headings = list(_headings(text))
    for number, (line, level, title) in enumerate(headings):
        if title == name:
            ends = (each for each, depth, _ in headings[number + 1 :] if depth <= level)
            return "\n".join(lines[line : next(ends, len(lines))]).strip() + "\n"
    return None


def _row(text: str, name: str) -> str | None:
    """Return the cells of a table's row, a paragraph each, each below its column's name."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        row = _ROW.match(line)
        if row is not None and row["name"] == name:
            top = number
            # The heading of a table is its first line; between it and the row there are only rows.
            while lines[top - 1].startswith("|"):
                top -= 1
            columns = zip(_cells(lines[top]), _cells(line), strict=True)
            return "\n\n".join(f"**{column}:** {cell}" for column, cell in columns if cell) + "\n"
    return None


def _cells(row: str) -> list[str]:
    return [each.strip() for each in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def _headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line (from 0), level and title of each heading; a comment in a code block is none."""
    fenced = False
    for number, line in enumerate(text.splitlines()):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _HEADING.match(line)):
            yield number, len(found["level"]), found["title"].replace("`", "")


def _title(text: str) -> str:
    return next((title for _, _, title in _headings(text)), "")


@cache
def _folder() -> Path:
    """Return the folder of the pages: beside this file in an installed package, else the checkout's."""
    here = Path(__file__).parent
    beside = here / "docs"
    return beside if beside.is_dir() else here.parent.parent / "docs"
