"""The site that `make docs` builds: it has what the pages have, loads nothing, and leads to answers."""

import fcntl
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

import pytest
from markdown import markdown
from markdown_it import MarkdownIt
from mkdocs.config import load_config
from places import ROOT

DOCS = ROOT / "docs"
HOOKS = runpy.run_path(str(DOCS / "generators" / "site.py"))
SOURCES = {
    **{each.relative_to(DOCS).as_posix(): each for each in sorted(DOCS.rglob("*.md"))},
    **{uri: ROOT / path for path, uri in HOOKS["OUTSIDE"].items() if uri.endswith(".md")},
}
"""The Markdown of each page, by its path on the site with another suffix."""
EXAMPLES = [each.relative_to(ROOT).with_suffix("").as_posix() for each in ROOT.glob("manifests/**/*.yaml")]
HOW_TO = sorted(each.stem for each in (DOCS / "how-to").glob("*.md"))
PARSER = MarkdownIt("commonmark").enable("table")
TOKENS = {
    "bullet_list_open": "lists",
    "ordered_list_open": "lists",
    "list_item_open": "list items",
    "html_inline": "tags, which both drop",
    "table_open": "tables",
    "tr_open": "rows",
    "td_open": "cells",
    "heading_open": "headings",
    "fence": "blocks",
    "code_block": "blocks",
    "code_inline": "code",
    "link_open": "links",
}
ELEMENTS = {
    "ul": "lists",
    "ol": "lists",
    "li": "list items",
    "table": "tables",
    "tr": "rows",
    "td": "cells",
    **{f"h{level}": "headings" for level in range(1, 7)},
    "pre": "blocks",
}
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch"}
APART = {"md-tabs", "headerlink", "filename"}
"""Classes of what stands in or above a text without being part of it."""
FOREIGN = re.compile(r"(?:[a-z]+:)?//")
MAX_CLICKS = 2


@dataclass
class Parsed(HTMLParser):
    """A page of the site.

    Attributes:
        found: How many elements of each kind its text has.
        links: Where its text and the tabs above it lead.
        loads: What a browser loads with it.
        text: Its text, without blocks.
    """

    html: str
    found: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    _within: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag in LOADED and LOADED[tag] in given:
            self.loads.append(given[LOADED[tag]])
        if tag == "link" and LOADING_LINKS & set(given.get("rel", "").split()):
            self.loads.append(given.get("href", ""))
        if tag in {"article", "pre", "script", "style"} or APART & set(classes):
            self._within.append(tag)
        if "article" in self._within:
            self._count(tag, classes)
        if tag == "a" and "href" in given and {"article", "nav"} & set(self._within):
            self.links.append(given["href"])

    def _count(self, tag: str, classes: list[str]) -> None:
        if tag in ELEMENTS:
            self.found[ELEMENTS[tag]] += 1
        elif tag == "code" and "pre" not in self._within:
            self.found["code"] += 1
        elif (
            tag == "a"
            and not {"headerlink", "md-content__button"} & set(classes)
            and "pre" not in self._within
        ):
            self.found["links"] += 1

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] == "article":
            self.text.append(data)


@dataclass(frozen=True)
class Site:
    """The site in a folder."""

    folder: Path

    @cached_property
    def pages(self) -> Mapping[str, Parsed]:
        """All pages by their paths, without suffix."""
        files = sorted(self.folder.rglob("*.html"))
        return {
            each.relative_to(self.folder).with_suffix("").as_posix(): Parsed(each.read_text("utf-8"))
            for each in files
        }

    def led_to(self, page: str) -> Iterator[str]:
        """Yield the pages to which the text of a page and its tabs lead."""
        for link in self.pages[page].links:
            target = urlsplit(link)
            if not target.scheme and not target.netloc and target.path:
                path = normpath((PurePosixPath(page).parent / unquote(target.path)).as_posix())
                yield PurePosixPath(path).with_suffix("").as_posix()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Give the site as `make docs` builds it, which the first of the workers does for all."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            beside = own / "site being built"
            done = build(beside)
            assert done.returncode == 0, done.stdout
            beside.rename(folder)
    return Site(folder)


def build(folder: Path, sources: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Build the site into a folder as `make docs` does, and return how that ended."""
    (words,) = re.findall(r"/mkdocs (build .*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", *words.split(), "--site-dir", str(folder)],
        cwd=sources,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=250,
        check=False,
    )


def expected(text: str) -> tuple[Counter[str], str]:
    """Return how many elements of each kind a page has as code hosts and terminals read it, and its text."""
    tokens = PARSER.parse(text)
    inline = [inner for each in tokens for inner in each.children or ()]
    found = Counter(TOKENS[each.type] for each in (*tokens, *inline) if each.type in TOKENS)
    return found, "".join(each.content for each in inline if each.type in {"text", "code_inline"})


def spaceless(text: str) -> str:
    """Return a text without white space, which the two treat in ways of their own around code."""
    return "".join(text.split())


@pytest.mark.parametrize(
    ("page", "text", "reported"),
    [
        pytest.param("prune.md", "[x](nowhere.md)", "'nowhere.md'", id="a page that is not there"),
        pytest.param(
            "prune.md", "[x](runs.md#nowhere)", "'runs.md#nowhere'", id="an anchor that is not there"
        ),
        pytest.param("lost.md", "# Lost", "lost.md", id="a page that no menu has"),
    ],
)
def test_a_dead_link_ends_the_build(tmp_path: Path, page: str, text: str, reported: str) -> None:
    sources = tmp_path / "sources"
    for name in ("docs", "manifests", "bench"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(DOCS / "generators", sources / "docs/generators", dirs_exist_ok=True)
    for name in ("mkdocs.yml", "pyproject.toml", "CONTRIBUTING.md", "MAINTAINING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, sources)
    with (sources / "docs" / page).open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")

    done = build(tmp_path / "site", sources)

    assert done.returncode != 0
    assert reported in done.stdout


def test_it_has_all_pages_and_no_others(site: Site) -> None:
    wanted = {each.removesuffix(".md") for each in SOURCES}

    assert site.pages.keys() - {"404"} == wanted | {*EXAMPLES, "manifests/index"}


@pytest.mark.parametrize("source", SOURCES)
def test_a_page_is_read_alike_by_the_site_and_by_code_hosts(site: Site, source: str) -> None:
    page = site.pages[source.removesuffix(".md")]
    found, text = expected(SOURCES[source].read_text("utf-8"))

    assert dict(page.found) == dict(found)
    assert spaceless("".join(page.text)) == spaceless(text)


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        pytest.param("Text:\n\n- a\n- b\n    - c\n", False, id="lists as both read them"),
        pytest.param("- a\n  - b\n", True, id="a nested list of two spaces"),
        pytest.param("- a\n    - b\n", False, id="a nested list of four spaces"),
        pytest.param("| a | b |\n| --- | --- |\n| c \\| d | e |\n", False, id="an escaped bar in a table"),
        pytest.param("Text:\n- a\n- b\n", True, id="a list directly after a paragraph"),
        pytest.param("Text:\n| a |\n| --- |\n| b |\n", True, id="a table directly after a paragraph"),
        pytest.param(
            "| a | b |\n| --- | --- |\n| `c \\| d` | e |\n", True, id="an escaped bar in code in a table"
        ),
        pytest.param("| a | b |\n| --- | --- |\n| `c | d` | e |\n", True, id="a bar in code in a table"),
        pytest.param("left <open at apply> there\n", True, id="what looks like HTML"),
        pytest.param("a \\< b\n", True, id="an escape that only one of them knows"),
    ],
)
def test_where_the_two_readings_differ_a_page_is_refused(text: str, differs: bool) -> None:
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=os.devnull)
    written = markdown(text, extensions=config.markdown_extensions, extension_configs=config.mdx_configs)
    page = Parsed(f"<article>{written}</article>")
    found, read = expected(text)

    assert (page.found != found or spaceless("".join(page.text)) != spaceless(read)) == differs


@pytest.mark.parametrize(
    ("html", "written"),
    [
        pytest.param(
            "<table>\n<thead>\n<tr>\n<th>a <code>b</code></th>\n<th>c &quot;d&quot;</th>\n</tr>\n</thead>\n"
            "<tbody>\n<tr>\n<td>1</td>\n<td></td>\n</tr>\n</tbody>\n</table>",
            "<table>\n<thead>\n<tr>\n<th>a <code>b</code></th>\n<th>c &quot;d&quot;</th>\n</tr>\n</thead>\n"
            '<tbody>\n<tr>\n<td data-label="a b">1</td>\n<td data-label="c &quot;d&quot;"></td>\n</tr>\n'
            "</tbody>\n</table>",
            id="the titles of columns",
        ),
        pytest.param(
            "<code>apply --run-id -o</code>",
            '<code>apply <span class="option">--run-id</span> <span class="option">-o</span></code>',
            id="options",
        ),
        pytest.param("<code>run-id</code> --run-id", "<code>run-id</code> --run-id", id="no option"),
        pytest.param("<pre><code>ls --all</code></pre>", "<pre><code>ls --all</code></pre>", id="in a block"),
    ],
)
def test_styles_find_columns_and_options(html: str, written: str) -> None:
    assert HOOKS["on_page_content"](html, page=None, config=None, files=None) == written


def test_nothing_is_loaded_from_elsewhere(site: Site) -> None:
    loaded = {name: [each for each in page.loads if FOREIGN.match(each)] for name, page in site.pages.items()}
    styles = {each.name: each.read_text("utf-8") for each in site.folder.rglob("*.css")}
    imported = r"@import\b|url\(\s*[\"']?(?:[a-z]+:)?//"

    assert {name: found for name, found in loaded.items() if found} == {}
    assert all(page.loads for page in site.pages.values())
    assert styles
    assert [name for name, style in styles.items() if re.search(imported, style)] == []


def test_from_the_home_page_to_each_answer_in_two_clicks(site: Site) -> None:
    reached = {"index"}
    for _ in range(MAX_CLICKS):
        reached |= {target for page in reached & site.pages.keys() for target in site.led_to(page)}

    assert [each for each in HOW_TO if f"how-to/{each}" not in reached] == []


def test_the_search_prefers_pages_that_answer_a_question(site: Site) -> None:
    entries = json.loads((site.folder / "search" / "search_index.json").read_text("utf-8"))["docs"]
    preferred = {each["location"].partition(".html")[0] for each in entries if each.get("boost", 1) > 1}

    assert preferred == {f"how-to/{each}" for each in HOW_TO}


def test_every_link_within_the_site_leads_to_a_file(site: Site) -> None:
    dead = {
        (page, link)
        for page in site.pages
        if page != "404"
        for link in site.pages[page].links
        if not FOREIGN.match(link)
        and not link.startswith(("#", "mailto:"))
        and not (site.folder / PurePosixPath(page).parent / unquote(urlsplit(link).path)).is_file()
    }

    assert dead == set()
