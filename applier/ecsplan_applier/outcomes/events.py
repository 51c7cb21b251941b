"""What happens during an apply, as values; whoever renders them decides how they look."""

from typing import TypeAlias

from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.result import Summary, TaskResult


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The first event: an apply of these jobs under this run id; `fresh` is one that nobody gave."""

    run_id: str
    fresh: bool
    jobs: int
    tasks: int


@dataclass(frozen=True, slots=True)
class RunUnknown:
    """Nothing is known of a run whose id was given, so it starts as a new one.

    `in_ledger` says whether a ledger was asked, too: ECS alone forgets a run an hour after its end.
    """

    run_id: str
    in_ledger: bool

    @property
    def message(self) -> str:
        """What to show: one short line, since a run whose id was given is new in most cases.

        It serves those who meant to resume a run: where it was looked for, and where else it may be.
        """
        if not self.in_ledger:
            return f"run {self.run_id} is new: not in ECS, which keeps runs for an hour (--ledger: longer)"
        return f"run {self.run_id} is new: neither in ECS nor in this ledger (--ledger names another)"


@dataclass(frozen=True, slots=True)
class Reused:
    """A job runs a revision that existed."""

    job: str
    arn: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A revision was registered for a job, in so many seconds."""

    job: str
    arn: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """A task exists; `attached` says that an earlier apply with this run id started it."""

    label: str
    arn: str
    cluster: str
    attached: bool
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """A task reached a state, so many seconds after it was started or attached to."""

    label: str
    arn: str
    status: str
    seconds: float
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class LogLines:
    """Messages of the job's container, in the order in which they came."""

    label: str
    lines: tuple[str, ...]
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task is over, or given up, and gets no further attempt; all of its log was given before.

    Attributes:
        result: What became of it.
        going: How many copies go on; None: all that have not been reported as ended.
    """

    result: TaskResult
    going: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """A task is over, and its copy is tried again; the rest of its log comes before that of the next task."""

    result: TaskResult


@dataclass(frozen=True, slots=True)
class Retried:
    """A copy is tried again after a pause.

    Attributes:
        label: What the copy is called in messages.
        attempt: Which attempt is next.
        attempts: How many it gets at most.
        seconds: How long the pause is.
        cause: Why the attempt before did not succeed, in a few words.
    """

    label: str
    attempt: int
    attempts: int
    seconds: float
    cause: str


@dataclass(frozen=True, slots=True)
class Deregistered:
    """A revision that this run registered was deregistered."""

    job: str
    arn: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth a line that is not a problem; `label` is a job's or a task's, or None."""

    label: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something went wrong that does not change the outcome."""

    label: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A signal came; `tasks` are stopped. With `again` nothing is waited for any longer.

    `unanswered` says that a call is under way that may have started further tasks.
    """

    signal: int
    tasks: int
    again: bool
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that an apply waits for: its state as ECS names it, or what comes before and after, in words.

    Attributes:
        label: What the task is called in messages.
        state: Its state.
        seconds: For how long it has been in that state.
    """

    label: str
    state: str
    seconds: float


@dataclass(frozen=True, slots=True)
class HeldJobs:
    """Jobs whose turn has not come.

    Attributes:
        count: How many.
        names: The jobs that all of them wait for in the end, which do not wait themselves.
    """

    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the apply waits for, given at a regular interval; no task is left where it only cleans up.

    Attributes:
        tasks: The tasks that are not over, but for those of jobs whose turn has not come.
        held: These jobs; None where there are none.
    """

    tasks: tuple[WaitingTask, ...]
    held: HeldJobs | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event."""

    summary: Summary


Event: TypeAlias = (
    RunBegan
    | RunUnknown
    | Reused
    | Registered
    | TaskStarted
    | TaskChanged
    | LogLines
    | TaskEnded
    | AttemptEnded
    | Retried
    | Deregistered
    | Noted
    | Warned
    | Interrupted
    | Waiting
    | Finished
)
