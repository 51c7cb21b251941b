"""Commands about runs that messages of the applier name, with the options that lead to the same runs."""

import re
import shlex
from collections.abc import Sequence
from typing import Final

_COMMAND: Final = re.compile(r"[`]ecsplan (?P<name>runs|status|logs|wait|stop|exec)\b(?P<rest>[^`\n]*)`")
_HAS_OPTIONS: Final = re.compile(r" --\w")


def placed(text: str, options: Sequence[str]) -> str:
    """Return a text whose commands can be run as printed, on the same AWS and with the same ledger.

    Args:
        text: A message; the applier does not know how it was called.
        options: What the command line says of AWS and of the ledger. Commands with options keep theirs.
    """
    given = shlex.join(options)

    def with_options(found: re.Match[str]) -> str:
        rest = found["rest"]
        if not given or _HAS_OPTIONS.search(rest):
            return found[0]
        # Behind `--`, words are no options.
        run, dashes, words = rest.partition(" -- ")
        return f"`ecsplan {found['name']}{run} {given}{dashes}{words}`"

    return _COMMAND.sub(with_options, text)
