"""A priority queue for the calls that read logs: rate-limited, stopped tasks before running ones."""

import heapq
import itertools
from typing import Final

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.rate_limits import RateLimit
from ecsplan_applier.context import RunContext
from ecsplan_applier.scheduling.scheduler import Event

RUNNING_YIELDS_S: Final = 10.0
"""How long the log of a running task may be overtaken by those of stopped tasks."""


class ReadQueues:
    """The queues of a run: one for each rate limit, so for each account and region of a log."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._queues: dict[Target, ReadQueue] = {}

    def of(self, target: Target) -> "ReadQueue":
        """Return the queue of an account and region."""
        if target not in self._queues:
            self._queues[target] = ReadQueue(self._context, target)
        return self._queues[target]


class ReadQueue:
    """Gives readers their turns, each for one call.

    A turn is given once the rate limit allows a call and fewer than `log_readers` calls are under way. Only
    then is it decided whose turn it is, so that nobody stands in the way of a reader who asks later and is
    more urgent. It goes to whoever was due first:

    - A reader whose task is over is due when it asks: the end of the apply waits for it.
    - A reader whose task runs is due ten seconds after it asked, or once its task is over. So others may
      overtake it for ten seconds, and not for longer: no stream is left out, however many tasks end.

    Readers that are due at the same time have their turns in the order in which they asked, the busy ones and
    the quiet ones alike; `ReadPauses` has the quiet ones ask less often.

    Args:
        context: The run.
        target: The account and region of the logs.
    """

    def __init__(self, context: RunContext, target: Target) -> None:
        self._context = context
        self._bucket = context.bucket(target, "log_reads")
        self._per_s = context.limits.rate("log_reads", target.region).per_s
        self._free = context.limits.log_readers
        self._freed = Event()
        self._waiting: list[tuple[float, int, Event]] = []
        self._inside: set[Event] = set()
        self._numbers = itertools.count()
        self._readers = 0
        self._is_admitting = False
        self._answered_at = context.now()

    @property
    def bucket(self) -> RateLimit:
        """The rate limit, for calls that need no turn of their own."""
        return self._bucket

    @property
    def answered_at(self) -> float:
        """When CloudWatch Logs last answered any reader, by the loop's clock."""
        return self._answered_at

    @property
    def round_s(self) -> float:
        """How long it takes to read every stream once at the rate limit."""
        return self._readers / self._per_s

    @property
    def own_delay_s(self) -> float:
        """How long a reader may wait for the rate limit alone although others have their turns."""
        return min(self._readers, self._context.limits.log_readers) / self._per_s

    def join(self) -> None:
        """Count one more reader, which shares the rate with the others."""
        self._readers += 1

    def quit(self) -> None:
        """Count one reader less."""
        self._readers -= 1

    def note_answer(self) -> None:
        """Note that CloudWatch Logs has answered a reader just now."""
        self._answered_at = self._context.now()

    def ask(self, *, over: bool) -> Event:
        """Return a ticket, which is set when its holder may make a call; `over` is whether its task is."""
        ticket, now = Event(), self._context.now()
        due = now if over else now + RUNNING_YIELDS_S
        heapq.heappush(self._waiting, (due, next(self._numbers), ticket))
        if not self._is_admitting:
            self._is_admitting = True
            self._context.loop.create_task(self._admit(), background=True)
        return ticket

    def hurry(self, ticket: Event) -> None:
        """Have the holder of a ticket be due now, if it waits: its task is over."""
        if ticket.is_set():
            return
        now = self._context.now()
        self._waiting = [
            (min(due, now) if each is ticket else due, number, each) for due, number, each in self._waiting
        ]
        heapq.heapify(self._waiting)

    def leave(self, ticket: Event) -> None:
        """End a turn, or take back a ticket that has not had its turn; a second time does nothing."""
        if not ticket.is_set():
            self._waiting = [each for each in self._waiting if each[2] is not ticket]
            heapq.heapify(self._waiting)
            # Set all the same: its holder may be waiting for it.
            ticket.set()
        if ticket in self._inside:
            self._inside.remove(ticket)
            self._free += 1
            self._freed.set()

    async def _admit(self) -> None:
        """Give turns for as long as somebody waits for one."""
        aborted = self._context.aborted
        while self._waiting and not aborted.is_set():
            if not self._free:
                self._freed = Event()
                await self._context.loop.wait(self._freed, aborted)
                continue
            await self._bucket.take(1, aborted)
            # Whoever waited may have left; the call that was taken is not made then.
            if self._waiting:
                ticket = heapq.heappop(self._waiting)[2]
                self._free -= 1
                self._inside.add(ticket)
                ticket.set()
        self._is_admitting = False


class QueuedReads:
    """The calls of one reader, as a rate limit: each page waits for its turn in the queue.

    A call that replaces one without an answer keeps that one's turn.

    Args:
        context: The run.
        queue: Shared with the other readers.
        over: Set when the task is over.
    """

    def __init__(self, context: RunContext, queue: ReadQueue, over: Event) -> None:
        self._context = context
        self._queue = queue
        self._over = over
        self._ticket = Event()
        self._is_new = False
        self._has_answer = False
        self._answered_at = context.now()

    @property
    def heard_at(self) -> float:
        """When CloudWatch Logs last answered: this reader, or any while this one waits or has just waited."""
        # A reader that waits has not asked anything, so that its own last answer may be old for no fault of
        # AWS.
        return self._answered_at if self._ticket.is_set() else self._queue.answered_at

    async def begin(self) -> None:
        """Wait for the turn of the first page, or until the run is aborted."""
        await self._next(self._context.aborted)
        self._is_new = True

    def hurry(self) -> None:
        """Be due now, as the task is over."""
        self._queue.hurry(self._ticket)

    def end(self) -> None:
        """End the turn, and ask for no other one."""
        self._queue.leave(self._ticket)
        self._is_new = False

    def note_answer(self) -> None:
        """Note that the call under way was answered."""
        self._has_answer = True
        self._answered_at = self._context.now()
        self._queue.note_answer()

    async def take(self, amount: float, *cancel: Event, urgent: bool = False) -> None:
        """Continue when a call may be made, or when an event is set."""
        if self._is_new:
            self._is_new = False
        elif urgent or not self._has_answer:
            await self._queue.bucket.take(amount, *cancel, urgent=urgent)
        elif not await self._next(*cancel):
            # The call is made all the same, and counts.
            await self._queue.bucket.take(amount, *cancel)

    def throttled(self) -> None:
        """Go slower, with all readers."""
        self._queue.bucket.throttled()

    def accepted(self) -> None:
        """Go faster again."""
        self._queue.bucket.accepted()

    async def _next(self, *cancel: Event) -> bool:
        """End the turn and wait for another one, or until an event is set; return whether there is one."""
        self._queue.leave(self._ticket)
        ticket = self._ticket = self._queue.ask(over=self._over.is_set())
        self._has_answer = False
        await self._context.loop.wait(ticket, *cancel)
        admitted = ticket.is_set()
        # While it waited, the answers to others have shown that CloudWatch Logs is alive.
        self._answered_at = max(self._answered_at, self._queue.answered_at)
        if not admitted:
            self._queue.leave(ticket)
        return admitted
