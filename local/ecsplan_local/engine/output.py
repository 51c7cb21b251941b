"""The output of a container as log events: split into lines and timestamped on arrival."""

from ecsplan_local.engine.awslogs import Destination, write
from ecsplan_local.world import World

MAX_LINE_BYTES = 16 * 1024
"""Longer lines are split into pieces of this size, as container engines do before the log driver."""


def may_begin(data: bytes, prefixes: tuple[bytes, ...]) -> bool:
    """Return whether data begins with one of the prefixes, or may do so once more has arrived."""
    return any(data.startswith(each) or each.startswith(data) for each in prefixes)


class LineLog:
    """Writes the output of a container to its log stream; drops empty lines, as the awslogs driver does."""

    def __init__(self, world: World, to: Destination) -> None:
        self._world = world
        self._to = to
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Write the lines that `data` completes, and keep the rest."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        # An endless line must not grow without bound in memory.
        while len(self._rest) >= MAX_LINE_BYTES:
            lines.append(self._rest[:MAX_LINE_BYTES])
            self._rest = self._rest[MAX_LINE_BYTES:]
        self._write(lines)

    def close(self) -> None:
        """Write the last line if it does not end with a newline."""
        self._write([self._rest])
        self._rest = b""

    def _write(self, lines: list[bytes]) -> None:
        now_ms = round(self._world.clock.now() * 1000)
        pieces = [
            line[start : start + MAX_LINE_BYTES]
            for line in lines
            for start in range(0, len(line), MAX_LINE_BYTES)
        ]
        write(self._world, self._to, [(now_ms, piece.decode("utf-8", "replace")) for piece in pieces])
