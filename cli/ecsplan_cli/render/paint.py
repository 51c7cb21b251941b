"""Text in a colour, where colour is wanted."""

import click


def paint(text: str, fg: str | None = None, *, bold: bool = False, colour: bool) -> str:
    """Return a text as a terminal colours it, or as it is.

    Args:
        text: The text.
        fg: The name of its colour, as click has it; None is the terminal's own.
        bold: Whether it is bold.
        colour: Whether to write colour at all.
    """
    # To click, False is an instruction as well: it would write the code that ends bold text.
    return click.style(text, fg=fg, bold=bold or None) if colour else text
