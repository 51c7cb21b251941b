"""Laying out a page of the documentation for a terminal."""

import re
from collections.abc import Iterator, Sequence
from io import StringIO

from ecsplan_cli.pages import cells

_FENCE = re.compile(r"^ *(?P<fence>```|~~~)(?P<info>.*)$")
_TITLE = re.compile(r'\btitle="(?P<name>[^"]+)"')
_BLOCK_OR_LINK = re.compile(
    r"^ *(?P<fence>```|~~~).*?^ *(?P=fence) *$"
    r"|(?<!!)\[(?P<text>(?:[^\[\]\n]|\n(?!\s*\n))+)\]\((?P<path>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)",
    re.MULTILINE | re.DOTALL,
)
"""A fenced block, in which nothing is a link, or a link, whose text may go on in the next line."""
_MARKUP = re.compile(r"[`*]")
_WIDE_COLUMNS = 4
"""From so many columns on, a table is a table only where each row fits on a line."""


def laid_out(text: str) -> str:
    """Return a page as a terminal of this width shows it, with colours."""
    from rich.console import Console  # noqa: PLC0415 - slow to import; only a terminal needs it
    from rich.markdown import Markdown  # noqa: PLC0415

    written = StringIO()
    console = Console(file=written, force_terminal=True)
    console.print(Markdown(for_terminal(text, console.width), hyperlinks=False))
    return written.getvalue()


def for_terminal(text: str, width: int) -> str:
    """Return a page, Markdown, without what a terminal cannot show.

    A link to another page says how that is shown here, one within the page is text alone; the name of a file
    stands above its block; and a table that is too wide becomes a list for each of its rows.
    """
    written: list[str] = []
    table: list[str] = []
    fence = ""
    for line in [*_BLOCK_OR_LINK.sub(_target, text).splitlines(), ""]:
        opened = _FENCE.match(line)
        if not fence and line.startswith("|"):
            table.append(line)
            continue
        written += _table(table, width)
        table = []
        if opened and not fence:
            fence = opened["fence"]
            title = _TITLE.search(opened["info"])
            written += [f"*{title['name']}*", ""] if title else []
        elif opened and opened["fence"] == fence:
            fence = ""
        written.append(line)
    return "\n".join(written)


def _target(link: re.Match[str]) -> str:
    """Return what a terminal shows of a link; a block stays as it is."""
    path, text = link["path"], link["text"]
    if link["fence"] or "://" in path:
        return link[0]
    if not path.endswith(".md"):
        return text
    # Every page is found by the last part of its path.
    topic = path.removesuffix(".md").rpartition("/")[2]
    command = f"`ecsplan docs {topic}{link['anchor'] or ''}`"
    return command if text.removeprefix("docs/").endswith(".md") else f"{text} ({command})"


def _table(rows: Sequence[str], width: int) -> Iterator[str]:
    """Yield the lines of a table, or a list for each of its rows where it is too wide."""
    if len(rows) < 3:
        yield from rows
        return
    head, *body = [cells(each) for each in (rows[0], *rows[2:])]
    if _fits([head, *body], width):
        yield from rows
        return
    for row in body:
        first, *others = zip(head, row, strict=False)
        yield from (f"**{first[1]}**" if first[1] else "", "")
        for column, cell in others:
            if cell:
                yield f"- *{column}:* {cell}" if column else f"- {cell}"
        yield ""


def _fits(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Return whether a table can be read at this width: no word of it is cut, no column is a thread."""
    columns = [[_MARKUP.sub("", cell) for cell in column] for column in zip(*rows, strict=False)]
    words = sum(max((len(word) for cell in column for word in cell.split()), default=0) for column in columns)
    whole = sum(max(map(len, column)) for column in columns)
    borders = 2 * len(columns) + 2
    return whole + borders <= width or (len(columns) < _WIDE_COLUMNS and words + borders <= width)
