"""What a stream can show: colour, symbols, lines that move; and the marks of success and failure."""

import os
import shutil
from typing import Final, TextIO

from ecsplan.terms.records import dataclass
from ecsplan_cli.output import colour_wanted, is_terminal
from ecsplan_cli.render.paint import paint

_UTF_8: Final = frozenset({"utf-8", "utf8"})
_PLAIN: Final = frozenset({"C", "POSIX"})
_COERCED: Final = "C.UTF-8"
"""What Python itself puts into LC_CTYPE where the locale is C (PEP 538)."""
_FALLBACK: Final = (80, 24)


@dataclass(frozen=True, slots=True)
class Style:
    """How to write to a stream.

    Attributes:
        colour: Whether to colour.
        symbols: Whether to write ✓ and ✗, not `ok` and `FAILED`.
        moves: Whether lines can be erased and written again.
    """

    colour: bool = False
    symbols: bool = False
    moves: bool = False

    @property
    def good(self) -> str:
        """The mark of what succeeded."""
        return self.paint("✓" if self.symbols else "ok", "green")

    @property
    def bad(self) -> str:
        """The mark of what did not."""
        return self.paint("✗" if self.symbols else "FAILED", "red")

    def mark(self, *, good: bool, aligned: bool) -> str:
        """Return the mark of a row; `aligned` with rows that have the other one, too."""
        blanks = "" if self.symbols or not good or not aligned else " " * (len("FAILED") - len("ok"))
        return f"{self.good if good else self.bad}{blanks}"

    def paint(self, text: str, colour: str) -> str:
        """Return a text in a colour, where there is colour."""
        return paint(text, colour, colour=self.colour)


def style_of(stream: TextIO | None) -> Style:
    """Return how to write to a standard stream, by the stream, TERM, NO_COLOR and the locale."""
    colour = colour_wanted(stream)
    moves = is_terminal(stream) and not is_dumb()
    return Style(colour=colour, symbols=colour and _is_utf_8(stream), moves=moves)


def is_dumb() -> bool:
    """Return whether the terminal only takes text: TERM is `dumb` or says nothing (terminfo)."""
    return os.environ.get("TERM", "") in {"", "dumb"}


def size_of(stream: TextIO | None) -> tuple[int, int]:
    """Return columns and lines of a terminal as it is now; COLUMNS and LINES where it does not say."""
    try:
        size = os.get_terminal_size(-1 if stream is None else stream.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size(_FALLBACK)
    if size.columns > 0 and size.lines > 0:
        return size
    return shutil.get_terminal_size(_FALLBACK)


def _is_utf_8(stream: TextIO | None) -> bool:
    """Return whether a stream and the user's locale are UTF-8.

    Python writes UTF-8 in the locale C, too (PEP 538 and 540); whoever asked for C asked for ASCII.
    """
    if stream is None or (stream.encoding or "").lower() not in _UTF_8:
        return False
    ctype, lang = os.environ.get("LC_CTYPE", ""), os.environ.get("LANG", "")
    asked = os.environ.get("LC_ALL") or (lang if ctype == _COERCED else ctype or lang)
    codeset = asked.partition(".")[2].partition("@")[0].lower()
    return not asked or (asked not in _PLAIN and codeset in {"", *_UTF_8})
