"""How long the log of a task that runs is left alone between two reads."""

from typing import Final

from ecsplan.terms.records import dataclass

FIRST_PAUSE_S: Final = 1.0
GROWTH: Final = 1.5
QUIET_SHARE: Final = 2.0
"""Quiet streams together take at most one in so many of the calls that the rate limit allows."""


@dataclass(frozen=True, slots=True)
class ReadPauses:
    """The pauses of one reader, which shares a rate limit with others.

    A stream with new lines is read again after a second. One that is quiet is read ever less often, and less
    often from the beginning where reading all streams once takes longer than a second. So a few streams are
    read promptly, and of many the quiet ones leave at least half of the calls to the others.

    Attributes:
        round_s: How long it takes to read every stream once at the rate limit.
        poll_interval_s: Seconds between two looks at the task, which quiet streams are read as often as.
    """

    round_s: float
    poll_interval_s: float

    @property
    def longest_s(self) -> float:
        """The longest pause."""
        return max(FIRST_PAUSE_S, self.poll_interval_s, QUIET_SHARE * self.round_s)

    def before_start(self) -> float:
        """Return how long to wait for a task to run before its stream is looked for: it rarely exists yet."""
        return max(FIRST_PAUSE_S, QUIET_SHARE * self.round_s)

    def after(self, lines: int, before_s: float) -> float:
        """Return the pause after a read.

        Args:
            lines: How many events the read has brought.
            before_s: The pause before the read.
        """
        if lines:
            return FIRST_PAUSE_S
        return min(self.longest_s, max(before_s * GROWTH, self.round_s))
