"""The way to AWS: sessions, clients and calls of the SDK, and its errors as ours. The only boto3.

Nothing is patched, so every endpoint is reached by the same path.
"""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.foreign_answers import ForeignAnswerError, excerpt, refuse_foreign
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.sdk_members import keep_raw_answers, unknown_members, with_all_members
from ecsplan_applier.outcomes.errors import AwsError, SessionError

CALL_TIMEOUT_S: Final = 30.0
"""How long one call may take until it counts as lost."""
CONNECT_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the command line says about reaching AWS; it overrides manifests and is never recorded in plans.

    Attributes:
        region: Region to use, whatever manifests and plans say.
        default_region: Region where nothing else names one; None asks the SDK's chain.
        profile: Profile of the SDK's configuration files.
        endpoint_url: Endpoint for every service.
        static_credentials: Access key id and secret key to use, with which profiles and roles are left aside:
            for the embedded ECS, which has neither.
        call_timeout_s: How long one call may take until it counts as lost.
    """

    region: str | None = None
    default_region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    static_credentials: tuple[str, str] | None = None
    call_timeout_s: float = CALL_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Target:
    """Where calls go and as whom: a manifest's `aws` with the command line's options laid over it."""

    region: str
    profile: str | None
    role: str | None
    endpoint_url: str | None

    def in_region(self, region: str) -> "Target":
        """Return the same in another region."""
        return Target(region, self.profile, self.role, self.endpoint_url)


Trace = Callable[[str, str], None]
"""Called with each request: the operation, and the request as JSON with what looks secret masked."""


class Gateway(Protocol):
    """What the applier needs of AWS: one call at a time, without retries."""

    def target(self, aws: Aws) -> Target:
        """Return where calls for this `aws` go.

        Raises:
            SessionError: No region, or a profile that does not exist.
        """
        ...

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        """Make one call and return its answer.

        Raises:
            AwsError: Refused, not reachable, or an answer that cannot be read.
            SessionError: There are no credentials, or a setting is wrong.
        """
        ...

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        """Return the pointers of the members of a request that the SDK does not know and cannot send."""
        ...


class SdkGateway:
    """The gateway through the SDK: sessions by profile and role, clients by service, region and endpoint.

    Clients are made when they are first needed: the model of EC2 alone costs more than a whole short command.
    botocore's own retries are off, so that the pauses of `retry.py` are not multiplied by them.

    Args:
        options: What the command line says.
        connections: Most calls at the same time.
        trace: Called with each request, for `--verbose`.
    """

    def __init__(
        self, options: SessionOptions | None = None, *, connections: int = 16, trace: Trace | None = None
    ) -> None:
        self._options = options or SessionOptions()
        self._connections = connections
        self._trace = trace
        self._lock = threading.RLock()
        self._sessions: dict[tuple[str | None, str | None, str | None], Any] = {}
        self._clients: dict[tuple[str, Target], Any] = {}

    def target(self, aws: Aws) -> Target:
        """Return where calls for this `aws` go; the order is options, manifest, the SDK's own chain."""
        options = self._options
        local = options.static_credentials is not None
        # A profile or role of a manifest would send calls for the embedded ECS to STS, which it does not
        # have.
        profile = None if local else options.profile or aws.profile
        role = None if local else aws.assume_role_arn
        endpoint = options.endpoint_url or aws.endpoint_url
        region = options.region or aws.region or options.default_region or self._chain_region(profile)
        return Target(region, profile, role, endpoint)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        """Make one call and return its answer."""
        if self._trace is not None:
            self._trace(operation.name, _masked(request))
        try:
            with _translated(operation.name, target):
                method = getattr(self._client(target, operation.service), operation.method)
                return with_all_members(method(**request))
        except AwsError as error:
            _complete(error, request)
            raise

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        """Return the pointers of the members of a request that the installed SDK does not know."""
        with _translated(operation.name, target):
            model = self._client(target, operation.service).meta.service_model
            return tuple(unknown_members(model.operation_model(operation.name).input_shape, request))

    def _chain_region(self, profile: str | None) -> str:
        """Return the SDK's region; botocore reads AWS_DEFAULT_REGION only, other SDKs AWS_REGION first."""
        named = os.environ.get("AWS_REGION")
        if named:
            return named
        with self._lock, _translated("the SDK's configuration", None):
            region = self._session(profile, None).get_config_variable("region")
        if not region:
            raise SessionError(
                "no region: neither --region, nor the manifest's aws.region, nor AWS_REGION,"
                " nor the SDK's configuration names one\n"
                "  help: give --region or set AWS_REGION; --local needs neither region nor account"
            )
        return str(region)

    def _client(self, target: Target, service: str) -> Any:
        with self._lock:
            # One client for each pair: botocore clients are thread-safe, but making two at once from one
            # session is not.
            key = (service, target)
            if key not in self._clients:
                session = self._session(target.profile, target.role, target)
                self._clients[key] = self._make_client(session, service, target)
            return self._clients[key]

    def _make_client(self, session: Any, service: str, target: Target) -> Any:
        import boto3  # noqa: PLC0415 - the SDK is imported where it is used
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            # One attempt: `retry.py` decides what is repeated, and has to see each failure to know what was
            # lost.
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=min(CONNECT_TIMEOUT_S, self._options.call_timeout_s),
            read_timeout=self._options.call_timeout_s,
            max_pool_connections=self._connections,
            # A NAT gateway drops connections that are idle for 350 s (VPC user guide, NAT gateways).
            tcp_keepalive=True,
        )
        try:
            client = boto3.Session(botocore_session=session).client(
                service, region_name=target.region, endpoint_url=target.endpoint_url, config=config
            )
        except ValueError as error:
            raise SessionError(f"{error}{_session_help(error)}") from error
        client.meta.events.register("before-parse", refuse_foreign)
        keep_raw_answers(client)
        return client

    def _session(self, profile: str | None, role: str | None, target: Target | None = None) -> Any:
        key = (profile, role, None if target is None or role is None else target.endpoint_url)
        if key not in self._sessions:
            self._sessions[key] = self._make_session(profile, role, target)
        return self._sessions[key]

    def _make_session(self, profile: str | None, role: str | None, target: Target | None) -> Any:
        import botocore.session  # noqa: PLC0415 - importing the SDK is most of a short command's time

        session = botocore.session.Session(profile=profile)
        if self._options.static_credentials is not None:
            session.set_credentials(*self._options.static_credentials)
        if role is not None and target is not None:
            session._credentials = self._assumed(session, role, target)
        return session

    def _assumed(self, source: Any, role: str, target: Target) -> Any:
        """Return credentials of a role that the SDK fetches when they are needed and refreshes in time."""
        import botocore.session  # noqa: PLC0415
        from botocore.credentials import (  # noqa: PLC0415 - only where a role is assumed
            AssumeRoleCredentialFetcher,
            DeferredRefreshableCredentials,
        )
        from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

        credentials = source.get_credentials()
        if credentials is None:
            raise NoCredentialsError

        def make_client(service: str, **arguments: Any) -> Any:
            base = botocore.session.Session(profile=target.profile)
            # Whatever region and configuration the fetcher passes: STS is asked where the target is.
            arguments.pop("region_name", None)
            arguments.pop("config", None)
            return base.create_client(
                service, region_name=target.region, endpoint_url=target.endpoint_url, **arguments
            )

        fetcher = AssumeRoleCredentialFetcher(
            make_client, credentials, role, extra_args={"RoleSessionName": "ecsplan"}
        )
        return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")


_VALUE: Final = re.compile(r", value: .*?(?=, (?:type|valid))", re.DOTALL)
"""What botocore shows of a value that does not fit; it may be a secret."""


_STILL_EXPIRED: Final = "credentials are still expired"
"""What the SDK says, in a bare RuntimeError, where it is handed credentials that are over already."""
_SIGN_IN: Final = ("SSO", "UnauthorizedSSO", "Token", "Login")
_PASSING: Final = (*_SIGN_IN, "CredentialRetrieval", "MetadataRetrieval")
"""How the names of the SDK's errors begin where credentials could not be fetched."""


@contextmanager
def _translated(operation: str, target: Target | None) -> Iterator[None]:
    """Raise what the SDK raises as ours."""
    from botocore import exceptions as sdk  # noqa: PLC0415 - the SDK is imported where it is used
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    place = "" if target is None else f" ({target.endpoint_url or target.region})"
    try:
        yield
    except ForeignAnswerError as error:
        raise AwsError(operation, AwsError.BAD_ANSWER, f"{error}{place}", status=error.status) from error
    except sdk.ClientError as error:
        raise _refusal(operation, error, target) from error
    except sdk.ReadTimeoutError as error:
        raise AwsError(operation, AwsError.TIMED_OUT, f"{error}{place}") from error
    except (sdk.ConnectionClosedError, sdk.ResponseStreamingError) as error:
        raise AwsError(operation, AwsError.NO_ANSWER, f"{error}{place}") from error
    except sdk.ConnectionError as error:
        raise AwsError(operation, AwsError.NOT_REACHED, f"{error}{place}") from error
    except sdk.ParamValidationError as error:
        text = _VALUE.sub("", str(error))
        raise AwsError(operation, AwsError.BAD_REQUEST, _first_lines(text)) from error
    except sdk.HTTPClientError as error:
        raise AwsError(operation, AwsError.NO_ANSWER, f"{error}{place}") from error
    except sdk.BotoCoreError as error:
        raise _unsigned(operation, error, passing=type(error).__name__.startswith(_PASSING)) from error
    except RecursionError as error:
        text = f"the answer is nested too deeply to be read{place}"
        raise AwsError(operation, AwsError.BAD_ANSWER, text) from error
    except RuntimeError as error:
        if _STILL_EXPIRED not in str(error):
            raise
        raise _unsigned(operation, error, passing=True) from error
    except (
        ResponseParserError,
        AttributeError,
        LookupError,
        TypeError,
        ArithmeticError,
        ValueError,
    ) as error:
        # What botocore's parsers raise where an answer's members have other types than the model says.
        text = f"the answer does not have the documented form: {error}{place}"
        raise AwsError(operation, AwsError.BAD_ANSWER, text) from error


def _refusal(operation: str, error: Any, target: Target | None) -> AwsError:
    """Return an error answer as ours; an answer may lack any part of it.

    The SDK assumes a role within the first call that needs it, so another operation may have been refused.
    """
    response = error.response if isinstance(error.response, dict) else {}
    said = response.get("Error") or {}
    metadata = response.get("ResponseMetadata") or {}
    status = metadata.get("HTTPStatusCode")
    ids = response.get("resourceIds")
    code, text = str(said.get("Code") or ""), str(said.get("Message") or "no message")
    if not code or code.isdecimal():  # the SDK puts the status where AWS would name the error
        code, text = AwsError.BAD_ANSWER, f"HTTP status {status} without an error of AWS: {excerpt(text)}"
    refused_operation = str(error.operation_name or operation)
    is_role = refused_operation != operation and target is not None
    return AwsError(
        refused_operation,
        code,
        text,
        status=status if isinstance(status, int) else None,
        resource_ids=[each for each in ids if isinstance(each, str)] if isinstance(ids, list) else (),
        about=str(target.role or "") if is_role and target is not None else "",
    )


def _unsigned(operation: str, error: Exception, *, passing: bool) -> SessionError:
    """Return an error of the SDK's settings as ours; it may quote what a program for credentials printed."""
    from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415 - most applies have no error to show

    return SessionError(f"{operation}: {mask_text(str(error))}{_session_help(error)}", passing=passing)


def _session_help(error: Exception) -> str:
    """Return what to do about settings that the SDK cannot work with."""
    name = type(error).__name__
    if name in {"NoCredentialsError", "PartialCredentialsError", "NoAuthTokenError"}:
        return (
            "\n  help: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile;"
            " --local needs no account"
        )
    if name == "ProfileNotFound":
        return "\n  help: give --profile with one that `aws configure list-profiles` shows"
    if name.startswith(_SIGN_IN):
        return "\n  help: the sign-in has expired: `aws sso login` or `aws login` renews it"
    if name == "RuntimeError":
        return (
            "\n  help: the source of the credentials hands out expired ones: sign in there, or set the clock"
        )
    if name in {"CredentialRetrievalError", "MetadataRetrievalError"}:
        return (
            "\n  help: the source of the credentials does not answer; `aws sts get-caller-identity` shows why"
        )
    return "\n  help: check the SDK's configuration: region, profile, endpoint"


def _first_lines(text: str, most: int = 5) -> str:
    """Return the first lines of a long message, on one line."""
    head, *lines = text.splitlines() or [""]
    more = [f"(and {len(lines) - most} more)"] if len(lines) > most else []
    return " ".join((head, "; ".join(lines[:most]), *more)).strip()


def _complete(error: AwsError, request: Body) -> None:
    """Name what AWS's words about a request leave open, and mask in them what is masked in the request."""
    from ecsplan_applier.outcomes.aws_words import concealed, secrets_of  # noqa: PLC0415 - only where a call has failed
    from ecsplan_applier.outcomes.missing_things import concerned  # noqa: PLC0415

    judged = error.status is not None and not error.lost
    about = concerned(error.code, error.text, request) if judged else error.concerned
    error.complete(concealed(error.text, secrets_of(request)), about)


def _masked(request: Body) -> str:
    from ecsplan.terms.secrecy import mask_document  # noqa: PLC0415 - only for --verbose

    return json.dumps(mask_document(request), ensure_ascii=False, default=str)
