"""What can go wrong between a plan and AWS: one exception a case, each with its exit status."""

from collections.abc import Iterable
from typing import ClassVar


class ApplierError(Exception):
    """AWS or the plan does not allow to go on; the message names the thing and the way out.

    Attributes:
        exit_status: What the command ends with (README, exit status).
    """

    exit_status: ClassVar[int] = 125


class AwsError(ApplierError):
    """AWS refused a call, was not reachable, or answered something that cannot be read.

    Attributes:
        operation: The API operation, such as `RunTask`.
        code: AWS's error code, or one of those below.
        text: AWS's own message, or what happened on the way.
        status: The HTTP status, or None where there was no answer.
        resource_ids: What a ConflictException names: the tasks that its token started.
        about: The thing that the call was about, such as `family hello`; empty until somebody says.
        concerned: What the text is about and does not name, such as `cluster batch`.
    """

    NOT_REACHED: ClassVar[str] = "NotReached"
    """The request was never sent: no connection."""
    NO_ANSWER: ClassVar[str] = "NoAnswer"
    """The request was sent, and the connection broke: it may have had its effect."""
    TIMED_OUT: ClassVar[str] = "TimedOut"
    """The request was sent, and no answer came in time: it may have its effect later still."""
    BAD_ANSWER: ClassVar[str] = "BadAnswer"
    """The answer does not have the documented form, is not one of AWS's, or could not be read: the call may
    have had its effect."""
    NOT_SIGNED: ClassVar[str] = "NotSigned"
    """The request was never sent: the credentials to sign it with could not be fetched."""
    BAD_REQUEST: ClassVar[str] = "BadRequest"
    """The SDK refused the request before it was sent."""

    def __init__(
        self,
        operation: str,
        code: str,
        text: str,
        *,
        status: int | None = None,
        resource_ids: Iterable[str] = (),
        about: str = "",
    ) -> None:
        super().__init__(operation, code, text)
        self.operation = operation
        self.code = code
        self.text = text
        self.status = status
        self.resource_ids = tuple(resource_ids)
        self.about = about
        self.concerned: tuple[str, ...] = ()

    def name_subject(self, about: str) -> None:
        """Say what the call was about, unless somebody closer to it has said so."""
        self.about = self.about or about

    def complete(self, text: str, concerned: Iterable[str]) -> None:
        """Replace the text by one without secrets, and name what it is about and does not name."""
        self.text, self.concerned = text, tuple(concerned)

    @property
    def lost(self) -> bool:
        """Whether the call may have had its effect although no answer says so."""
        return self.code in {self.NO_ANSWER, self.TIMED_OUT, self.BAD_ANSWER} or (
            self.status is not None and self.status >= 500
        )

    def __str__(self) -> str:
        """Return operation, code and text as AWS gave them, then what they mean and what to do."""
        from ecsplan_applier.outcomes.aws_words import shown  # noqa: PLC0415 - most applies have no error to show
        from ecsplan_applier.outcomes.explain import explain_call  # noqa: PLC0415
        from ecsplan_applier.outcomes.missing_things import with_concerned  # noqa: PLC0415

        found = explain_call(self.operation, self.code, self.text)
        what = f"{self.operation} of {self.about}" if self.about else self.operation
        said = f"{what}: {shown(self.code)}: {shown(with_concerned(self.text, self.concerned))}"
        return said if found is None else f"{said}\n  {found.meaning}\n  help: {found.remedy}"


class NotObservedError(ApplierError):
    """What the plan depends on cannot be used as it was found: a linked definition, a VPC, its subnets."""


class UnsendableError(ApplierError):
    """A request has a member that the installed SDK does not know and would not send; nothing was changed."""


class SessionError(ApplierError):
    """The SDK cannot make a client: no region, no credentials, a profile or endpoint that does not hold.

    Attributes:
        passing: Whether the source of the credentials may answer later, or after a person has signed in.
    """

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class OtherAccountError(ApplierError):
    """The plan is for another account or region than the credentials and options are."""

    exit_status = 122


class StalePlanError(ApplierError):
    """What the plan observed has changed since; nothing was changed by this apply."""

    exit_status = 122


class RunIdTakenError(ApplierError):
    """Tasks exist under this run id that were started by another request for the same job."""

    exit_status = 122


class EmptyPlanError(ApplierError):
    """The plan has no jobs."""

    exit_status = 123


class UsageError(ApplierError):
    """A run id, job name or task identifier that cannot be meant."""

    exit_status = 2
