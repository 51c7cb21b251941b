"""Messages from AWS, prepared for display: on one line, truncated, with secrets masked."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan.terms.safe_text import escaped
from ecsplan.terms.secrecy import MASK, mask_text, secrets_in

MAX_CHARACTERS: Final = 2000
"""Longest part of an AWS message that is shown; an encoded authorization message has about 1,000."""
_PAGE: Final = re.compile(r"(?:<!doctype\s+html|<html)\b.*?(?:</html>|\Z)", re.IGNORECASE | re.DOTALL)
_TITLE: Final = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_MIN_ANYWHERE: Final = 4
"""Shortest secret, in characters, that is masked anywhere in a text; shorter ones only as whole words."""


def shown(text: str) -> str:
    """Return a message from AWS, or from what answered in its place, as one line of a readable length.

    An HTML page, such as proxies and load balancers send, is replaced by its title.
    """
    text = mask_text(_PAGE.sub(_named, text))
    cut = text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}… ({len(text):,} characters)"
    return escaped(cut.strip())


def concealed(text: str, secrets: Iterable[str]) -> str:
    """Return a text with these secrets masked, including their JSON and Python literal spellings."""
    # Longest first: a secret that contains another one would otherwise be masked only in part.
    for each in sorted(set(_spellings(secrets)), key=len, reverse=True):
        if len(each) >= _MIN_ANYWHERE:
            text = text.replace(each, MASK)
        else:
            # Masking a one-letter secret everywhere would make the message unreadable.
            text = re.sub(rf"(?<![\w*]){re.escape(each)}(?![\w*])", MASK, text)
    return text


def secrets_of(*requests: Body) -> tuple[str, ...]:
    """Return the values in these requests that must be masked wherever they are shown."""
    return tuple(dict.fromkeys(each for request in requests for each in secrets_in(request)))


def _spellings(secrets: Iterable[str]) -> Iterator[str]:
    for each in secrets:
        yield each
        yield json.dumps(each)[1:-1]
        yield json.dumps(each, ensure_ascii=False)[1:-1]
        yield repr(each)[1:-1]


def _named(page: re.Match[str]) -> str:
    title = _TITLE.search(page[0])
    return f"an HTML page, not a response from AWS{'' if title is None else f' ({title[1][:100]})'}"
