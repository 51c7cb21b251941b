"""The documentation: how long it takes to build, how long its answers are, and how far away."""

import os
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from results import Findings
from timing import run
from venvs import ROOT, program

_SETTINGS = ROOT / "mkdocs.yml"
_HOW_TO = ROOT / "docs" / "how-to"
_MAX_S, _MAX_LINES, _MAX_CLICKS = 60, 60, 2
_BUILD, _LONGEST, _FARTHEST = (
    "`make docs`",
    "the longest how-to page",
    "from the home page to any how-to page",
)
_BUILD_WORDS, _LONGEST_WORDS, _FARTHEST_WORDS = (
    f"at most {_MAX_S} s",
    f"at most {_MAX_LINES} lines",
    f"at most {_MAX_CLICKS} clicks",
)


def measure(home: Path, **_: bool) -> Findings:
    """Return the time of the build, the lines of the longest how-to page, and the clicks to any of them."""
    findings = Findings()
    pages = sorted(_HOW_TO.glob("*.md"))
    if pages:
        _lines(findings, pages)
    else:
        findings.not_measured(_LONGEST, _LONGEST_WORDS, "there is no page in docs/how-to")
    if reason := _missing():
        findings.not_measured(_BUILD, _BUILD_WORDS, reason)
        findings.not_measured(_FARTHEST, _FARTHEST_WORDS, reason)
        return findings
    site = home / "site"
    # The command of the target in the Makefile, into a folder of its own.
    command = [program("mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(site)]
    took_s = run(command, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, cwd=ROOT).wall_s
    findings.at_most(_BUILD, f"{took_s:.1f} s", ratio=took_s, limit=_MAX_S, words=_BUILD_WORDS)
    if pages:
        _clicks(findings, site, pages)
    else:
        findings.not_measured(_FARTHEST, _FARTHEST_WORDS, "there is no page in docs/how-to")
    return findings


def _missing() -> str:
    """Return what is missing for the site to be built; "" if nothing is."""
    if not _SETTINGS.is_file():
        return "there is no mkdocs.yml"
    return "" if Path(program("mkdocs")).is_file() else "MkDocs is not installed"


def _lines(findings: Findings, pages: list[Path]) -> None:
    lengths = {each.name: len(each.read_text(encoding="utf-8").splitlines()) for each in pages}
    longest = max(lengths, key=lengths.__getitem__)
    findings.at_most(
        f"{_LONGEST} of {len(pages)}",
        f"{lengths[longest]} lines ({longest})",
        ratio=lengths[longest],
        limit=_MAX_LINES,
        words=_LONGEST_WORDS,
    )


def _clicks(findings: Findings, site: Path, pages: list[Path]) -> None:
    wanted = {each.stem: page_of(site, each) for each in pages}
    # What the texts of the pages link to, and not the navigation, which a phone folds away.
    far = clicks_from_home(site)
    lost = sorted(name for name, page in wanted.items() if page not in far)
    most = max((far[page] for page in wanted.values() if page in far), default=0)
    findings.at_most(
        _FARTHEST,
        f"{most} clicks" + (f"; no text leads to {', '.join(lost)}" if lost else ""),
        against="by the links in the texts, without the navigation",
        ratio=most if not lost else float("inf"),
        limit=_MAX_CLICKS,
        words=_FARTHEST_WORDS,
    )


def page_of(site: Path, source: Path) -> Path:
    """Return the page of a site that is made of a file of docs/."""
    return site / source.relative_to(ROOT / "docs").with_suffix(".html")


def clicks_from_home(site: Path) -> dict[Path, int]:
    """Return how many links lead from the home page of a site to each page that they lead to."""
    home = site / "index.html"
    far = {home: 0}
    # In the order of their distance: each is found over the shortest way.
    queue = [home]
    for page in queue:
        for each in _linked(site, page):
            if each not in far:
                far[each] = far[page] + 1
                queue.append(each)
    return far


def _linked(site: Path, page: Path) -> Iterator[Path]:
    """Yield the pages of the site that the text of a page links to."""
    links = _Links()
    links.feed(page.read_text(encoding="utf-8"))
    for link in links.within_article or links.anywhere:
        parts = urlsplit(link)
        if not parts.scheme and not parts.netloc and parts.path:
            target = Path(os.path.normpath(page.parent / unquote(parts.path)))
            target = target / "index.html" if target.is_dir() else target
            if target.is_file() and target.suffix == ".html" and target.is_relative_to(site):
                yield target


class _Links(HTMLParser):
    """Collects the links of a page: those within its `<article>`, and all."""

    def __init__(self) -> None:
        super().__init__()
        self.within_article: list[str] = []
        self.anywhere: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._depth += tag == "article"
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.anywhere.append(target)
            if self._depth:
                self.within_article.append(target)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "article"
