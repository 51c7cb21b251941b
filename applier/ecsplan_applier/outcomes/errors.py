"""The exceptions of the applier: one for each kind of failure, each with its exit status."""

from collections.abc import Iterable, Sequence
from typing import ClassVar


class ApplierError(Exception):
    """The apply cannot continue. The message names the cause and the remedy.

    Attributes:
        exit_status: The exit status of the command (docs/exit-status.md).
    """

    exit_status: ClassVar[int] = 125


def first_line(error: ApplierError) -> str:
    """Return the first line of an error's message: what happened, without its meaning and remedy."""
    return str(error).partition("\n")[0]


class AwsError(ApplierError):
    """AWS refused a call, could not be reached, or sent a response that cannot be read.

    Attributes:
        operation: The API operation, such as `RunTask`.
        code: AWS's error code, or one of the codes below.
        text: AWS's own message, or a description of the transport failure.
        status: The HTTP status, or None if there was no response.
        resource_ids: The tasks that a ConflictException names, which the same client token started.
        about: The subject of the call, such as `family hello`; empty until a caller sets it.
        concerned: Resources that the text refers to without naming them, such as `cluster batch`.
    """

    NOT_REACHED: ClassVar[str] = "NotReached"
    """The request was never sent: no connection."""
    NO_ANSWER: ClassVar[str] = "NoAnswer"
    """The request was sent, and the connection broke: the call may have taken effect."""
    TIMED_OUT: ClassVar[str] = "TimedOut"
    """The request was sent, and no response arrived in time: the call may still take effect later."""
    BAD_ANSWER: ClassVar[str] = "BadAnswer"
    """The response could not be read, is not from AWS, or does not have the documented form: the call may
    have taken effect."""
    NOT_SIGNED: ClassVar[str] = "NotSigned"
    """The request was never sent: the credentials for signing it could not be fetched."""
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
        """Whether the call may have taken effect although no response confirms it."""
        # A 5xx status counts too: ECS may fail after it has started the tasks.
        return self.code in {self.NO_ANSWER, self.TIMED_OUT, self.BAD_ANSWER} or (
            self.status is not None and self.status >= 500
        )

    def __str__(self) -> str:
        """Return the operation, code and text as AWS gave them, then their meaning and the remedy."""
        from ecsplan_applier.outcomes.aws_messages import shown  # noqa: PLC0415 - most applies have no error to show
        from ecsplan_applier.outcomes.explain import explain_call  # noqa: PLC0415
        from ecsplan_applier.outcomes.missing_things import with_concerned  # noqa: PLC0415

        found = explain_call(self.operation, self.code, self.text)
        what = f"{self.operation} of {self.about}" if self.about else self.operation
        said = f"{what}: {shown(self.code)}: {shown(with_concerned(self.text, self.concerned))}"
        return said if found is None else f"{said}\n  {found.meaning}\n  help: {found.remedy}"


class RegistryError(ApplierError):
    """A registry of container images refused a request, could not be reached, or sent an unusable answer.

    Attributes:
        registry: The host of the registry.
        kind: One of the kinds below.
        text: What happened, as a clause about the registry, such as `denies access`.
        help: What to do; "" where the text says it all.
        retry_after_s: How long the registry asks to wait, in seconds; None where it does not say.
        about: The image that was asked for; empty until a caller sets it.
    """

    NOT_REACHED: ClassVar[str] = "not reached"
    """No connection, none with a trusted certificate, or no answer in time."""
    DENIED: ClassVar[str] = "denied"
    """Authentication or authorization failed."""
    THROTTLED: ClassVar[str] = "throttled"
    """Too many requests."""
    TROUBLE: ClassVar[str] = "trouble"
    """The registry had a problem of its own: a status of 500 or more, or a connection that broke."""
    BAD_ANSWER: ClassVar[str] = "bad answer"
    """The answer is not one of the registry protocol, or is refused for safety, as some redirects are."""

    def __init__(
        self,
        registry: str,
        kind: str,
        text: str,
        *,
        help: str = "",  # noqa: A002 - the attribute's name
        retry_after_s: float | None = None,
        about: str = "",
    ) -> None:
        super().__init__(registry, kind, text)
        self.registry = registry
        self.kind = kind
        self.text = text
        self.help = help
        self.retry_after_s = retry_after_s
        self.about = about

    def name_subject(self, about: str) -> None:
        """Say which image was asked for, unless somebody closer to it has said so."""
        self.about = self.about or about

    @property
    def reason(self) -> str:
        """What happened, as a sentence without a full stop that names the registry."""
        return f"the registry {self.registry} {self.text}"

    def __str__(self) -> str:
        """Return what happened, to which image, and what to do."""
        said = f"image {self.about}: {self.reason}" if self.about else self.reason
        return f"{said}\n  help: {self.help}" if self.help else said


class NotObservedError(ApplierError):
    """Something the plan depends on cannot be used as observed: a linked definition, a VPC, its subnets."""


def other_account(found: str, named: str, profile: str | None, role: str | None) -> NotObservedError:
    """Return why a job cannot run: the credentials are for another account than its manifest names.

    Args:
        found: The account of the credentials.
        named: The one that the manifest names.
        profile: The profile of which they are, or None.
        role: The role that is assumed with them, or None.
    """
    by = f" with assume_role_arn {role}" if role else f" with profile {profile}" if profile else ""
    return NotObservedError(
        f"the credentials are for account {found}, and a manifest names aws.account_id {named}{by}\n"
        "  help: use the profile or role of that account"
    )


class UnsendableError(ApplierError):
    """A request has a member that the installed SDK does not support and would drop; nothing was changed."""


class SessionError(ApplierError):
    """The SDK cannot create a client: no region, no credentials, or an invalid profile or endpoint.

    Attributes:
        passing: Whether the credential source may respond later, or after the user has signed in.
    """

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class OtherAccountError(ApplierError):
    """The plan is for a different account or region than the credentials and options."""

    exit_status = 122


class StalePlanError(ApplierError):
    """What the plan observed has changed since; this apply changed nothing."""

    exit_status = 122


class RunIdTakenError(ApplierError):
    """Tasks already exist under this run id that a different request for the same job started."""

    exit_status = 122


class UnknownRunError(ApplierError):
    """Neither ECS nor the ledger knows a run where it was looked for.

    Args:
        message: What was looked at.
        run_id: The run.
        regions: Other regions in which the ledger has it.
    """

    def __init__(self, message: str, run_id: str = "", regions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.run_id = run_id
        self.regions = tuple(regions)


class LedgerError(ApplierError):
    """The ledger cannot be read or written, or what it holds cannot be used."""


class ForgottenRunError(LedgerError):
    """A task was asked for so long ago that ECS may have forgotten it, and ECS shows none of the run.

    Nothing was started, and nothing is to be started under this run id.

    Attributes:
        run_id: The run.
    """

    def __init__(self, text: str, run_id: str, log_groups: Iterable[str] = ()) -> None:
        super().__init__(text)
        self.run_id = run_id
        self._log_groups = tuple(log_groups)
        self._look = f"ecsplan status {run_id}"
        self._again = "to run the plan again, apply it with a new run id"

    def suggest(self, *, look: str, again: str) -> None:
        """Name the commands as they are to be entered.

        Args:
            look: Shows the run.
            again: Carries the plan out as a new run, after what it is for.
        """
        self._look, self._again = look, again

    def __str__(self) -> str:
        """Return what is known of the run, and how to go on."""
        groups = ", ".join(self._log_groups)
        logs = f", and read the log group {groups}" if groups else ""
        return f"{self.args[0]}\n  help: look at the run with `{self._look}`{logs}\n  {self._again}"


class WouldFailError(ApplierError):
    """Something that the jobs depend on is not as they need it; nothing was changed."""

    exit_status = 1


class EmptyPlanError(ApplierError):
    """The plan has no jobs."""

    exit_status = 123


class JobOrderError(ApplierError):
    """A job of the plan waits for one that the plan does not have, or jobs wait for each other."""

    exit_status = 123


class OtherRunError(ApplierError):
    """Tasks of another run of a job are running that must not run beside it; nothing was started."""

    exit_status = 121


class UnschedulableError(ApplierError):
    """Jobs ask for schedules that EventBridge Scheduler cannot have; nothing was changed."""

    exit_status = 1


class ForeignScheduleError(ApplierError):
    """A schedule or group is in the way that ecsplan has not made, or cannot use; nothing was changed."""


class SchedulesError(ApplierError):
    """Some schedules could not be changed; the message says which ones were."""


class UsageError(ApplierError):
    """An invalid run id, job name or task identifier on the command line."""

    exit_status = 2
