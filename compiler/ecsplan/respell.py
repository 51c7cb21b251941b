"""YAML 1.2 text in a spelling that libyaml reads; in brackets it knows the plain text of YAML 1.1 only."""

import re
from collections.abc import Callable

# `[curl, http://x/?y]` and `{image: alpine:3}`: a colon before more text and a question mark after some are
# text in YAML 1.2 (sections 7.3.3 and 7.4), errors to libyaml before 0.2. A colon after a quote or a bracket
# ends a key, and those of a tag such as `!<tag:yaml.org,2002:str>` have to stay.
_TEXT = re.compile(r"!(?<![^\s,\[{]!)\S*|:(?=[^\s,\[\]{}])(?<![\"'\]}]:)|\?(?<=[^\s,\[\]{}]\?)")

_STAND_INS = tuple(map(chr, range(0xE000, 0xE020)))


def respelled(text: str) -> tuple[str, Callable[[str], str]]:
    """Return the text with stand-ins for colons and question marks that are no syntax, and what undoes that.

    One character stands for one, so that every place stays where it is.
    """
    free = [each for each in _STAND_INS if each not in text]
    if len(free) < 2:
        return text, str
    colon, question_mark = free[:2]
    stand_ins = {":": colon, "?": question_mark}

    def stand_in(found: re.Match[str]) -> str:
        return stand_ins.get(found[0], found[0])

    def restored(written: str) -> str:
        return written.replace(colon, ":").replace(question_mark, "?")

    spelled, count = _TEXT.subn(stand_in, text)
    return spelled, restored if count else str
