"""The known word that somebody most likely meant who wrote one that is not known."""

from collections.abc import Iterable
from functools import lru_cache

MAX_COMPARED = 64
"""Longer words are not compared; they are not slips of the pen."""
MIN_LIKENESS = 0.6


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, case and punctuation aside; None where none is near."""
    if len(word) > MAX_COMPARED:
        return None
    spellings: dict[str, str] = {}
    for each in known:
        spellings.setdefault(letters_of(each), each)
    wanted = letters_of(word)
    if wanted in spellings:
        return spellings[wanted]
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong document needs it

    found = get_close_matches(wanted, spellings, n=1, cutoff=MIN_LIKENESS)
    return spellings[found[0]] if found else None


@lru_cache(maxsize=4096)
def letters_of(word: str) -> str:
    """Return a word without case and punctuation: `taskRoleArn` and `task_role_arn` are the same."""
    return "".join(each for each in word.lower() if each.isalnum())
