"""Texts short enough for a message to quote them: `…` stands for the rest."""

from collections.abc import Iterable


def shortened(text: str, kept: int) -> str:
    """Return a text of at most `kept` characters as it is; of a longer one, that many characters and `…`."""
    return text if len(text) <= kept else f"{text[:kept]}…"


def on_one_line(text: str, most: int) -> str:
    """Return a text cut to `most` characters, `…` included, and then those escaped that cannot be printed."""
    short = text if len(text) <= most else shortened(text, most - 1)
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in short)


def listed(names: Iterable[str], most: int) -> str:
    """Return the first names of a list with commas between them, and how many more there are."""
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return f"{', '.join(known[:most])}{more}"
