"""What checks ask of EFS: file systems, their mount targets, and access points."""

from collections.abc import Sequence
from typing import Self

from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.operations import (
    DESCRIBE_ACCESS_POINTS,
    DESCRIBE_FILE_SYSTEMS,
    DESCRIBE_MOUNT_TARGETS,
)
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, found_or_none

_MALFORMED = ("BadRequest", "ValidationException")
"""Codes with which EFS refuses an id that is not one (EFS API reference): nothing has it."""


@dataclass(frozen=True, slots=True)
class AskFileSystem(Ask[Body | None]):
    """What does DescribeFileSystems say of a file system? None: there is none in this account and region.

    Attributes:
        file_system: Its id.
    """

    file_system: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return each file system, one a call: EFS takes no list of ids, and filters by nothing else."""
        return await each_answered(asker, [each._described(asker) for each in asked])

    async def _described(self, asker: Asker) -> Body | None:
        request = {"FileSystemId": self.file_system}
        about = f"file system {self.file_system}"
        asking = asker.call(self.target, DESCRIBE_FILE_SYSTEMS, request, about)
        answer = await found_or_none(asking, "FileSystemNotFound", *_MALFORMED)
        found = [] if answer is None else members(answer, "FileSystems", dict, DESCRIBE_FILE_SYSTEMS.name)
        return next((each for each in found if each.get("FileSystemId") == self.file_system), None)


@dataclass(frozen=True, slots=True)
class AskMountTargets(Ask[tuple[Body, ...]]):
    """Which mount targets does a file system have? None where it does not exist.

    Attributes:
        file_system: The id of the file system.
    """

    file_system: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[tuple[Body, ...] | Unanswered]:
        """Return the mount targets of each file system, one a call."""
        return await each_answered(asker, [each._described(asker) for each in asked])

    async def _described(self, asker: Asker) -> tuple[Body, ...]:
        request = {"FileSystemId": self.file_system}
        about = f"file system {self.file_system}"
        asking = asker.pages(self.target, DESCRIBE_MOUNT_TARGETS, request, about)
        pages = await found_or_none(asking, "FileSystemNotFound", *_MALFORMED) or []
        name = DESCRIBE_MOUNT_TARGETS.name
        return tuple(each for page in pages for each in members(page, "MountTargets", dict, name))


@dataclass(frozen=True, slots=True)
class AskAccessPoint(Ask[Body | None]):
    """What does DescribeAccessPoints say of an access point? None: there is none in this account and region.

    Attributes:
        access_point: Its id.
    """

    access_point: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[Body | Unanswered | None]:
        """Return each access point, one a call."""
        return await each_answered(asker, [each._described(asker) for each in asked])

    async def _described(self, asker: Asker) -> Body | None:
        request = {"AccessPointId": self.access_point}
        about = f"access point {self.access_point}"
        asking = asker.call(self.target, DESCRIBE_ACCESS_POINTS, request, about)
        answer = await found_or_none(asking, "AccessPointNotFound", *_MALFORMED)
        found = [] if answer is None else members(answer, "AccessPoints", dict, DESCRIBE_ACCESS_POINTS.name)
        return next((each for each in found if each.get("AccessPointId") == self.access_point), None)
