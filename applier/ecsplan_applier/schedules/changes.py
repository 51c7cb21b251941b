"""`ScheduleChange`: what `ecsplan schedule` does, or would do, about one schedule."""

from typing import Literal, TypeAlias

from ecsplan.decision.compare import Change
from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.json_types import Document
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Target

Action: TypeAlias = Literal["create", "update", "unchanged", "remove"]


@dataclass(frozen=True, slots=True)
class ScheduleId:
    """Which schedule.

    Attributes:
        target: Where it is.
        group: Its group.
        name: Its name.
    """

    target: Target
    group: str
    name: str

    @property
    def path(self) -> str:
        """Its group and name, as the console and its ARN show them: `default/nightly`."""
        return f"{self.group}/{self.name}"

    @property
    def title(self) -> str:
        """What it is, for messages."""
        return f"schedule {self.path}"


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """What is done about a schedule.

    Attributes:
        id: Which one.
        action: What.
        job: The job that it runs; "" of one that is removed.
        schedule: What the job says under `schedule:`; None of one that is removed.
        wanted: The CreateSchedule request; None of one that is removed.
        changes: What differs from the schedule that exists; values that look secret are masked.
        registers: Whether a revision of the job's definition is registered for it.
    """

    id: ScheduleId
    action: Action
    job: str = ""
    schedule: Document | None = None
    wanted: Document | None = None
    changes: tuple[Change, ...] = ()
    registers: bool = False

    @property
    def revision(self) -> str:
        """The revision that the schedule starts, or a placeholder; "" of one that is removed."""
        parameters = as_mapping(as_mapping((self.wanted or {}).get("Target")).get("EcsParameters"))
        return str(parameters.get("TaskDefinitionArn", ""))


@dataclass(frozen=True, slots=True)
class ScheduleResult:
    """What `ecsplan schedule` has done, or for a dry run would do.

    Attributes:
        changes: One for each schedule: those of the jobs in their order, then those that are removed.
        groups: The groups that were created, as `group in region`.
        is_declined: Whether somebody was asked and said no, so that nothing was changed.
    """

    changes: tuple[ScheduleChange, ...]
    groups: tuple[str, ...] = ()
    is_declined: bool = False
