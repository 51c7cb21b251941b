"""The pages of the documentation, as `ecsplan docs` finds them: by the names of pages and sections."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from ecsplan.terms.records import dataclass

START = ("index", "start")
HOW_TO_PAGES = "how-to"
"""The page that lists the how-to pages, and the folder of these."""
HOW_TO = "How do I …"
HOW_IT_WORKS = ("decision", "guarantees", "local")
_HEADING = re.compile(r"^(?P<level>#{1,6}) +(?P<title>.+?) *$")
_FENCE = re.compile(r"^ *(?:```|~~~)")
_FENCED_OR_COMMENT = re.compile(
    r"^ *(?P<fence>```|~~~).*?^ *(?P=fence) *$|^<!--.*?-->\n+", re.MULTILINE | re.DOTALL
)
"""A fenced block, in which nothing is a comment, or a comment with the blank line after it."""
_ROW = re.compile(r"^\| (?P<name>[a-z0-9-]+) \|")
"""A row of a table whose first cell is a name, such as those of docs/failures.md."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        topic: Its name: the path of its file below docs/, without the suffix.
        title: Its first heading, in plain text.
        text: The page, Markdown, without comments for maintainers.
    """

    topic: str
    title: str
    text: str


@cache
def pages() -> tuple[Page, ...]:
    """Return all pages, by topic."""
    folder = _folder()
    named = {each.relative_to(folder).with_suffix("").as_posix(): each for each in folder.rglob("*.md")}
    found = ((topic, _for_readers(path.read_text(encoding="utf-8"))) for topic, path in sorted(named.items()))
    return tuple(Page(topic, _title(text), text) for topic, text in found)


def groups() -> Iterator[tuple[str, tuple[Page, ...]]]:
    """Yield the pages in the groups in which they are listed, each with its title.

    How-to pages have the groups of the page that lists them, and their order.
    """
    known = {page.topic: page for page in pages()}
    start = _taken(known, START)
    how_to = [
        (f"{HOW_TO} {title[:1].lower()}{title[1:]}", _taken(known, topics))
        for title, topics in _how_to_groups(known)
    ]
    coming_from = _taken(known, [each for each in known if each.startswith("coming-from/")])
    how_it_works = _taken(known, HOW_IT_WORKS)
    yield from (("Start", start), *how_to, ("Coming from …", coming_from))
    yield from (("Reference", tuple(known.values())), ("How it works", how_it_works))


def _taken(known: dict[str, Page], topics: Iterable[str]) -> tuple[Page, ...]:
    return tuple(known.pop(each) for each in tuple(topics) if each in known)


def _how_to_groups(known: dict[str, Page]) -> Iterator[tuple[str, list[str]]]:
    index = known.pop(HOW_TO_PAGES, None)
    text = "" if index is None else index.text
    for _, level, title in _headings(text):
        if level > 1:
            links = re.findall(r"\]\(([\w/-]+)\.md\)", _section(text, title.__eq__) or "")
            yield title, links
    yield "…", [each for each in known if each.startswith(f"{HOW_TO_PAGES}/")]


def short_name(topic: str) -> str:
    """Return the name by which a page is asked for: a how-to page needs no folder before it."""
    return topic.removeprefix(f"{HOW_TO_PAGES}/")


def page(name: str) -> Page | None:
    """Return the page of this name; case, `.md` and what separates words do not matter."""
    wanted = plain(name.removeprefix("docs/").removesuffix(".md"))
    known = pages()
    named = [each for each in known if wanted == plain(each.topic)]
    # The last part of a path is enough where no other page has it.
    named = named or [each for each in known if wanted == plain(short_name(each.topic))]
    named = named or [each for each in known if wanted == plain(each.topic.rpartition("/")[2])]
    return named[0] if len(named) == 1 else None


def named_sections(name: str) -> tuple[tuple[str, str], ...]:
    """Return the sections and table rows of this name: what `ecsplan docs` shows each for, and its text.

    A rule's name finds the rule, a manifest key's name the key, a failure's name its row; `PAGE#SECTION`
    looks on one page alone. Case and what separates words do not matter, unless some have the name as
    written; but a title of several words is looked for as written, or on one page.
    """
    where, hash_, what = name.rpartition("#")
    looked = pages() if not hash_ else tuple(filter(None, [page(where)]))
    for matches in (
        lambda title: title == what,
        lambda title: plain(title) == plain(what) and (bool(hash_) or " " not in title),
    ):
        texts = ((each, _section(each.text, matches) or _row(each.text, matches)) for each in looked)
        found = tuple((f"{short_name(each.topic)}#{plain(what)}", text) for each, text in texts if text)
        if found:
            return found
    return ()


def plain(name: str) -> str:
    """Return a name without what need not be typed: case, and what separates words."""
    return re.sub(r"[^\w]+|_+", "-", name.lower()).strip("-")


def names() -> tuple[str, ...]:
    """Return the names of all pages and of the sections that one word names."""
    words = (title for page in pages() for _, _, title in _headings(page.text) if " " not in title)
    rows = (row["name"] for page in pages() for row in map(_ROW.match, page.text.splitlines()) if row)
    topics = (page.topic for page in pages())
    return tuple(dict.fromkeys((*map(short_name, topics), *(page.topic for page in pages()), *words, *rows)))


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield title and text of each section of a page without those below it; the first is the page's own."""
    lines = text.splitlines()
    headings = list(_headings(text))
    for (line, _, title), following in zip(headings, [*headings[1:], (len(lines), 0, "")], strict=True):
        yield title, "\n".join(lines[line + 1 : following[0]])


def _section(text: str, matches: Callable[[str], bool]) -> str | None:
    lines = text.splitlines()
    headings = list(_headings(text))
    for number, (line, level, title) in enumerate(headings):
        if matches(title):
            ends = (each for each, depth, _ in headings[number + 1 :] if depth <= level)
            return "\n".join(lines[line : next(ends, len(lines))]).strip() + "\n"
    return None


def _row(text: str, matches: Callable[[str], bool]) -> str | None:
    """Return the cells of a table's row, a paragraph each, each below its column's name."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        row = _ROW.match(line)
        if row is not None and matches(row["name"]):
            top = number
            # The heading of a table is its first line; between it and the row there are only rows.
            while lines[top - 1].startswith("|"):
                top -= 1
            columns = zip(cells(lines[top]), cells(line), strict=True)
            return "\n\n".join(f"**{column}:** {cell}" for column, cell in columns if cell) + "\n"
    return None


def cells(row: str) -> list[str]:
    """Return the cells of a row of a table."""
    return [each.strip() for each in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def _headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line (from 0), level and title of each heading; a comment in a code block is none."""
    fenced = False
    for number, line in enumerate(text.splitlines()):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _HEADING.match(line)):
            yield number, len(found["level"]), found["title"].replace("`", "")


def _for_readers(text: str) -> str:
    """Return a page without its comments: the notice that it is generated, the marks of generated tables."""
    return _FENCED_OR_COMMENT.sub(lambda found: found[0] if found["fence"] else "", text)


def _title(text: str) -> str:
    return next((title for _, _, title in _headings(text)), "")


@cache
def _folder() -> Path:
    """Return the folder of the pages: beside this file in an installed package, else the checkout's."""
    here = Path(__file__).parent
    beside = here / "docs"
    return beside if beside.is_dir() else here.parent.parent / "docs"
