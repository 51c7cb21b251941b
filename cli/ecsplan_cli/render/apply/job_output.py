"""The job's own output, which goes to stdout as it is."""

from typing import TextIO

from ecsplan_cli.output import drop_unwritten, print_line
from ecsplan_cli.render.log_output import lines_of


class Output:
    """The job's own output on stdout; once nobody reads it any more, it is dropped.

    Args:
        stream: Where to; None where it is closed.
        prefixed: Whether to say before each line whose it is.
    """

    def __init__(self, stream: TextIO | None, *, prefixed: bool) -> None:
        self._stream = stream
        self._prefixed = prefixed

    def write(self, label: str, messages: tuple[str, ...]) -> None:
        """Print messages, with whose they are before each of their lines where several are printed."""
        self.print(lines_of(messages, f"{label} | " if self._prefixed else ""))

    def print(self, text: str) -> None:
        """Print a text."""
        if self._stream is None:
            return
        try:
            self._stream.buffer.write(text.encode("utf-8", "surrogatepass"))
            self._stream.buffer.flush()
        except OSError as reason:
            drop_unwritten(self._stream)
            self._stream = None
            if not isinstance(reason, BrokenPipeError):  # a reader that went away wanted no more
                print_line(
                    "warning: standard output can no longer be written, and the job continues: "
                    f"{reason.strerror}"
                )
