"""What AWS says, made fit to be shown: on one line, of a readable length, without the secrets it quotes."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan.terms.safe_text import escaped
from ecsplan.terms.secrecy import MASK, mask_text, secrets_in

MAX_CHARACTERS: Final = 2000
"""Characters of a message of AWS that are shown; an encoded authorization message takes about 1,000."""
_PAGE: Final = re.compile(r"(?:<!doctype\s+html|<html)\b.*?(?:</html>|\Z)", re.IGNORECASE | re.DOTALL)
_TITLE: Final = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_MIN_ANYWHERE: Final = 4
"""Characters of a secret that is masked wherever it occurs; shorter ones only as whole words."""


def shown(text: str) -> str:
    """Return a message of AWS, or of what answers in its place, on one line and as long as a person reads.

    An HTML page, as proxies and load balancers send it, is named by its title.
    """
    text = mask_text(_PAGE.sub(_named, text))
    cut = text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}… ({len(text):,} characters)"
    return escaped(cut.strip())


def concealed(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which these secrets are masked, also as JSON or a Python literal spells them."""
    for each in sorted(set(_spellings(secrets)), key=len, reverse=True):
        if len(each) >= _MIN_ANYWHERE:
            text = text.replace(each, MASK)
        else:
            text = re.sub(rf"(?<![\w*]){re.escape(each)}(?![\w*])", MASK, text)
    return text


def secrets_of(*requests: Body) -> tuple[str, ...]:
    """Return the values in requests that are masked wherever they are shown."""
    return tuple(dict.fromkeys(each for request in requests for each in secrets_in(request)))


def _spellings(secrets: Iterable[str]) -> Iterator[str]:
    for each in secrets:
        yield each
        yield json.dumps(each)[1:-1]
        yield json.dumps(each, ensure_ascii=False)[1:-1]
        yield repr(each)[1:-1]


def _named(page: re.Match[str]) -> str:
    title = _TITLE.search(page[0])
    return f"an HTML page, not an answer of AWS{'' if title is None else f' ({title[1][:100]})'}"
