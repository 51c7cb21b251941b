"""Searching the documentation: which pages speak of something, the best first."""

import re
from collections.abc import Iterator

from ecsplan.terms.records import dataclass
from ecsplan_cli.pages import HOW_TO_PAGES, Page, pages, plain, sections, short_name

MAX_FOUND = 12
_IN_SECTION_TITLE = 8
_IN_PAGE_TITLE = 3
_PHRASE = 6
_LIST_OF_PAGES = 0.3
_FACTORS = (
    (f"{HOW_TO_PAGES}/", 1.5),
    (HOW_TO_PAGES, _LIST_OF_PAGES),
    ("index", _LIST_OF_PAGES),
    ("coming-from/", 0.6),
    ("rules", 0.6),
)
"""Whoever searches has a question, which a how-to page answers, and comes from one other tool at most; a page
that lists the others has their titles, and no answer; a rule is asked for by its name, which a message gives.
The first one that fits counts."""
_FILLER = re.compile(
    "an?|am|and|are|be|been|but|by|can|could|did|do|does|find|for|from|get|has|have|how|if|in|is|its?|me|my"
    "|of|on|or|our|out|so|that|the|them|then|there|these|they|this|to|was|we|were|what|when|where|which|who"
    "|why|will|with|you|your|[a-z]"
)
"""A word that a question has and an answer need not have, or a letter that stands for something."""
_ENDING = re.compile(r"(?<=\w{4})(?:ing|ed|s|e)$|(?<=\w{3})s$")
_MAX_COUNTED = 4
"""Mentions of a word in a section that count: a long table is not better for naming it often."""


@dataclass(frozen=True, slots=True)
class Found:
    """A section that speaks of what was looked for.

    Attributes:
        topic: What `ecsplan docs` shows it for: `install`, or `install#in-ci`.
        title: The page's title, and the section's where it is another.
        score: How well it fits; more is better.
    """

    topic: str
    title: str
    score: float


def search(query: str) -> tuple[Found, ...]:
    """Return the best section of each page that speaks of all words of a query, the best first.

    Fillers such as `the` and single letters count only where a query has no other words, and words that no
    page has do not count. If no page speaks of all others, those that speak of all but one are found.
    """
    asked = [word for word in plain(query).split("-") if word]
    telling = [word for word in asked if not _FILLER.fullmatch(word)] or asked
    words = [word for word in telling if any(_pattern(word).search(page.text) for page in pages())]
    found = _best(words)
    if not found and len(words) > 1:
        without_one = (_best([*words[:at], *words[at + 1 :]]) for at in range(len(words)))
        found = [each for some in without_one for each in some]
    best = {each.topic: each for each in sorted(found, key=lambda each: each.score)}
    return tuple(sorted(best.values(), key=lambda each: (-each.score, each.topic))[:MAX_FOUND])


def _best(words: list[str]) -> list[Found]:
    """Return the best section of each page that speaks of all words."""
    if not words:
        return []
    return [max(found, key=lambda each: each.score) for page in pages() if (found := [*_in(page, words)])]


def _in(page: Page, words: list[str]) -> Iterator[Found]:
    """Yield the sections of a page with all of the words; where none has all, the page if it has them."""
    found = False
    for title, text in sections(page.text):
        score = _score(page, title, text, words)
        if score:
            found = True
            of_page = title == page.title
            topic = short_name(page.topic) + ("" if of_page else f"#{plain(title)}")
            shown = page.title if of_page else f"{page.title.partition(':')[0]}: {title}"
            yield Found(topic, shown, score)
    if not found and (score := _score(page, page.title, page.text, words)):
        yield Found(short_name(page.topic), page.title, score / 2)


def _pattern(word: str) -> re.Pattern[str]:
    """Return what finds a word, in the singular and the plural, and with other usual endings."""
    stem = _ENDING.sub("", word)
    return re.compile(rf"(?<![^\W_]){re.escape(stem)}(?:e|s|es|d|ed|ing)?(?![^\W_])", re.IGNORECASE)


def _score(page: Page, title: str, text: str, words: list[str]) -> float:
    """Return how well a section fits; 0 where it lacks one of the words."""
    score = 0.0
    for word in words:
        looked = _pattern(word)
        counted = min(len(looked.findall(text)), _MAX_COUNTED)
        in_page_title, in_title = bool(looked.search(page.title)), bool(looked.search(title))
        if not (counted or in_title or in_page_title):
            return 0
        score += counted + _IN_SECTION_TITLE * in_title + _IN_PAGE_TITLE * in_page_title
    if len(words) > 1 and "-".join(words) in plain(f"{title} {text}"):
        score += _PHRASE
    return score * next((factor for folder, factor in _FACTORS if page.topic.startswith(folder)), 1)
