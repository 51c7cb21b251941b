"""Searching the documentation: which pages speak of something, the best first."""

import re
from collections.abc import Iterator, Mapping
from math import log

from ecsplan.terms.records import dataclass
from ecsplan_cli.page_questions import questions
from ecsplan_cli.pages import HOW_TO_PAGES, Page, pages, plain, sections, short_name

MAX_FOUND = 12
_IN_SECTION_TITLE = 8
_IN_PAGE_TITLE = 3
_IN_QUESTION = 6
_PHRASE = 6
_QUESTION = 60
"""What a page gains for answering exactly what is looked for: more than a page can have by its words."""
_LIST_OF_PAGES = 0.3
_FACTORS = (
    (f"{HOW_TO_PAGES}/", 1.7),
    (HOW_TO_PAGES, _LIST_OF_PAGES),
    ("index", _LIST_OF_PAGES),
    ("coming-from/", 0.6),
    ("rules", 0.6),
)
"""Whoever searches has a question, which a how-to page answers, and comes from one other tool at most; a page
that lists the others has their titles, and no answer; a rule is asked for by its name, which a message gives.
The first one that fits counts."""
_FILLER = re.compile(
    "an?|am|and|are|be|been|but|by|can|could|did|do|does|find|for|from|get|has|have|how|i|if|in|is|its?|me|my"
    "|of|on|or|our|out|should|so|that|the|them|then|there|these|they|this|to|use|using|want|was|we|were|what"
    "|when|where|which|who|why|will|with|you|your|[a-z]"
)
"""A word that a question has and an answer need not have, or a letter that stands for something."""
_ENDING = re.compile(r"(?<=\w{4})(?:ing|ed|s|e)$|(?<=\w{3})s$")
_MAX_COUNTED = 4
"""Mentions of a word in a section that count: a long table is not better for naming it often."""
_MIN_COVERED = 0.5
"""The share of a query, by the weights of its words, that a section must have to be found."""


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
    """Return the best section of each page that speaks of most words of a query, the best first.

    A word weighs the more, the fewer pages have it. Fillers such as `the` and single letters count only where
    a query has no other words, and words that no page has do not count.
    """
    words = _weights(_telling(query))
    found = [max(some, key=lambda each: each.score) for page in pages() if (some := [*_in(page, words)])]
    return tuple(sorted(found, key=lambda each: (-each.score, each.topic))[:MAX_FOUND])


def _telling(text: str) -> list[str]:
    """Return the words of a question that are no fillers; if it has only these, all."""
    words = [word for word in plain(text).split("-") if word]
    return [word for word in words if not _FILLER.fullmatch(word)] or words


def _weights(words: list[str]) -> dict[str, float]:
    """Return the words that some page has, and how much each says about a page that has it."""
    known = pages()
    texts = [" ".join([each.text, *questions(each.topic)]) for each in known]
    having = {word: sum(bool(_pattern(word).search(each)) for each in texts) for word in words}
    return {word: log(1 + len(known) / pages_of) for word, pages_of in having.items() if pages_of}


def _in(page: Page, words: Mapping[str, float]) -> Iterator[Found]:
    """Yield the sections of a page that speak of most of the words."""
    for title, text in sections(page.text):
        score = _score(page, title, text, words)
        if score:
            of_page = title == page.title
            topic = short_name(page.topic) + ("" if of_page else f"#{plain(title)}")
            shown = page.title if of_page else f"{page.title.partition(':')[0]}: {title}"
            yield Found(topic, shown, score)


def _pattern(word: str) -> re.Pattern[str]:
    """Return what finds a word, in the singular and the plural, and with other usual endings."""
    stem = _ENDING.sub("", word)
    return re.compile(rf"(?<![^\W_]){re.escape(stem)}(?:e|s|es|d|ed|ing)?(?![^\W_])", re.IGNORECASE)


def _score(page: Page, title: str, text: str, words: Mapping[str, float]) -> float:
    """Return how well a section fits; 0 where it has too few of the words."""
    score = covered = 0.0
    asked = questions(page.topic) if title == page.title else ()
    for word, weight in words.items():
        looked = _pattern(word)
        counted = min(len(looked.findall(text)), _MAX_COUNTED)
        in_page_title, in_title = bool(looked.search(page.title)), bool(looked.search(title))
        in_question = any(looked.search(each) for each in asked)
        if counted or in_title or in_page_title or in_question:
            covered += weight
            titles = _IN_SECTION_TITLE * in_title + _IN_PAGE_TITLE * in_page_title
            score += weight * (counted + titles + _IN_QUESTION * in_question)
    share = covered / sum(words.values()) if words else 0
    if share < _MIN_COVERED:
        return 0
    if len(words) > 1 and "-".join(words) in plain(f"{title} {text}"):
        score += _PHRASE
    if any(_telling(each) == [*words] for each in asked):
        score += _QUESTION
    return score * share**2 * next((by for folder, by in _FACTORS if page.topic.startswith(folder)), 1)
