"""Places in written pages that a generator fills: `<!-- WHAT: WHICH -->`, up to `<!-- end -->`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[1]
_PLACE: Final = re.compile(
    r"(?P<begin><!-- (?P<what>[a-z]+): (?P<which>[a-z_.]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def filled(text: str, made: Callable[[str, str], str]) -> str:
    """Return a page with what `made` returns for the WHAT and the WHICH of each of its places."""
    return _PLACE.sub(
        lambda place: f"{place['begin']}\n{made(place['what'], place['which'])}\n\n{place['end']}", text
    )
