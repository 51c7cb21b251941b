"""The way to AWS: sessions, clients and calls of the SDK. The only boto3.

Nothing is patched, so every endpoint is reached by the same path.
"""

import json
import os
import shlex
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Final, Protocol

from ecsplan.terms.observed import Aws, Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.foreign_answers import refuse_foreign
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.proxies import is_needlessly_proxied
from ecsplan_applier.aws.sdk_errors import session_help, translated
from ecsplan_applier.aws.sdk_members import keep_raw_answers, unknown_members, with_all_members
from ecsplan_applier.aws.sdk_object import SdkObject
from ecsplan_applier.aws.sealed_request import opened, secrets_beside
from ecsplan_applier.outcomes.errors import AwsError, SessionError

CALL_TIMEOUT_S: Final = 30.0
"""How long one call may take until it counts as lost."""
CONNECT_TIMEOUT_S: Final = 10.0
OLDEST_SDK: Final = (1, 44)
"""As the dependency of pyproject.toml: pip minds it, other installers and `--no-deps` need not."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the command line says about reaching AWS; it overrides manifests and is never recorded in plans.

    Attributes:
        region: Region to use, whatever manifests and plans say.
        default_region: Region where nothing else names one; None asks the SDK's chain.
        profile: Profile of the SDK's configuration files.
        endpoint_url: Endpoint for every service.
        static_credentials: Access key id and secret key to use at `endpoint_url`, with which profiles and
            roles are left aside: for the embedded ECS, which has neither.
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

    @property
    def place(self) -> str:
        """The endpoint or region, for messages."""
        return self.endpoint_url or self.region

    def in_region(self, region: str) -> "Target":
        """Return the same in another region."""
        return Target(region, self.profile, self.role, self.endpoint_url)


@dataclass(frozen=True, slots=True)
class Connection:
    """How a service is reached, for a program that reaches it itself.

    Attributes:
        region: The region.
        profile: The profile of the SDK's configuration files, or "".
        endpoint_url: The service's endpoint, as the SDK resolves it.
    """

    region: str
    profile: str
    endpoint_url: str


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
        connections: Calls at the same time, at most.
        trace: Called with each request, for `--verbose`.
    """

    def __init__(
        self, options: SessionOptions | None = None, *, connections: int = 16, trace: Trace | None = None
    ) -> None:
        self._options = options or SessionOptions()
        self._connections = connections
        self._trace = trace
        self._lock = threading.RLock()
        self._sessions: dict[tuple[str | None, str | None, str | None], SdkObject] = {}
        self._makers: dict[SdkObject, SdkObject] = {}
        self._clients: dict[tuple[str, Target], SdkObject] = {}

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
            with translated(operation.name, target.place, target.role or ""):
                method = getattr(self._client(target, operation.service), operation.method)
                return with_all_members(_with_text(method(**opened(request))))
        except AwsError as error:
            _complete(error, request)
            raise

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        """Return the pointers of the members of a request that the installed SDK does not know."""
        with translated(operation.name, target.place, target.role or ""):
            model = self._client(target, operation.service).meta.service_model
            return tuple(unknown_members(model.operation_model(operation.name).input_shape, request))

    def connection(self, target: Target, service: str) -> Connection:
        """Return how a service is reached, for a program that reaches it itself.

        Raises:
            SessionError: There are no credentials, or a setting is wrong.
        """
        with translated("the SDK's configuration", target.place, target.role or ""):
            endpoint_url = str(self._client(target, service).meta.endpoint_url)
            with self._lock:
                profile = self._session(target.profile, None).profile
        return Connection(target.region, profile or "", endpoint_url)

    def _chain_region(self, profile: str | None) -> str:
        """Return the SDK's region; botocore reads AWS_DEFAULT_REGION only, other SDKs AWS_REGION first."""
        named = os.environ.get("AWS_REGION")
        if named:
            return named
        with self._lock, translated("the SDK's configuration", ""):
            region = self._session(profile, None).get_config_variable("region")
        if not region:
            raise SessionError(
                "no region: neither --region, nor the manifest's aws.region, nor AWS_REGION,"
                " nor the SDK's configuration names one\n"
                "  help: give --region or set AWS_REGION; --local needs neither region nor account"
            )
        return str(region)

    def _client(self, target: Target, service: str) -> SdkObject:
        with self._lock:
            # One client for each pair: botocore clients are thread-safe, but making two at once from one
            # session is not.
            key = (service, target)
            if key not in self._clients:
                session = self._session(target.profile, target.role, target)
                self._clients[key] = self._make_client(session, service, target)
            return self._clients[key]

    def _make_client(self, session: SdkObject, service: str, target: Target) -> SdkObject:
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
            # Checksums in trailers, the SDK's default for S3, are refused by some stores that are not AWS's
            # (boto3 guide, data integrity protections); a document's length and TLS guard it as well.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        try:
            # One for each session: each registers the methods that boto3 adds to clients of S3, and they can
            # be added but once.
            if session not in self._makers:
                self._makers[session] = boto3.Session(botocore_session=session)
            client = _unproxied(
                partial(
                    self._makers[session].client,
                    service,
                    region_name=target.region,
                    endpoint_url=target.endpoint_url,
                ),
                config,
            )
        except ValueError as error:
            raise SessionError(f"{error}{session_help(error)}") from error
        client.meta.events.register("before-parse", refuse_foreign)
        keep_raw_answers(client)
        return client

    def _session(self, profile: str | None, role: str | None, target: Target | None = None) -> SdkObject:
        key = (profile, role, None if target is None else target.endpoint_url)
        if key not in self._sessions:
            self._sessions[key] = self._make_session(profile, role, target)
        return self._sessions[key]

    def _make_session(self, profile: str | None, role: str | None, target: Target | None) -> SdkObject:
        import botocore.session  # noqa: PLC0415 - importing the SDK is most of a short command's time

        _refuse_old(botocore.__version__)
        session = botocore.session.Session(profile=profile)
        # Another endpoint, such as that of an S3 bucket, is not the embedded ECS.
        static = target is None or target.endpoint_url == self._options.endpoint_url
        if self._options.static_credentials is not None and static:
            session.set_credentials(*self._options.static_credentials)
        if role is not None and target is not None:
            session._credentials = self._assumed(session, role, target)
        return session

    def _assumed(self, source: SdkObject, role: str, target: Target) -> SdkObject:
        """Return credentials of a role that the SDK fetches when they are needed and refreshes in time."""
        import botocore.session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.credentials import (  # noqa: PLC0415 - only where a role is assumed
            AssumeRoleCredentialFetcher,
            DeferredRefreshableCredentials,
        )
        from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

        credentials = source.get_credentials()
        if credentials is None:
            raise NoCredentialsError

        def make_client(service: str, **arguments: object) -> SdkObject:
            base = botocore.session.Session(profile=target.profile)
            # Whatever region and configuration the fetcher passes: STS is asked where the target is.
            arguments.pop("region_name", None)
            arguments.pop("config", None)
            return _unproxied(
                partial(
                    base.create_client,
                    service,
                    region_name=target.region,
                    endpoint_url=target.endpoint_url,
                    **arguments,
                ),
                Config(),
            )

        fetcher = AssumeRoleCredentialFetcher(
            make_client, credentials, role, extra_args={"RoleSessionName": "ecsplan"}
        )
        return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")


def _unproxied(make: Callable[..., SdkObject], config: SdkObject) -> SdkObject:
    """Return a client that uses the proxies of the environment, unless it is for an endpoint on this machine.

    The SDK leaves a proxy out for what NO_PROXY names alone, and a proxy cannot reach the embedded ECS.
    """
    from botocore.config import Config  # noqa: PLC0415

    client = make(config=config)
    if not is_needlessly_proxied(str(client.meta.endpoint_url)):
        return client
    return make(config=config.merge(Config(proxies={})))


def _refuse_old(version: str) -> None:
    """Refuse an SDK that lacks operations, members or settings: its own errors would not say why.

    Raises:
        SessionError: It is older than `OLDEST_SDK`.
    """
    if tuple(map(int, version.split(".")[:2])) < OLDEST_SDK:
        oldest = ".".join(map(str, OLDEST_SDK))
        raise SessionError(
            f"botocore {version} is installed, and ecsplan requires boto3 and botocore {oldest} or later\n"
            f"  help: {shlex.quote(sys.executable)} -m pip install --upgrade 'boto3>={oldest}'"
        )


def _with_text(answer: dict[str, SdkObject]) -> dict[str, SdkObject]:
    """Return an answer in which a streamed body is text; bytes that are not UTF-8 are lone surrogates."""
    body: SdkObject = answer.get("Body")
    if body is None:
        return answer
    with closing(body):
        return {**answer, "Body": body.read().decode("utf-8", "surrogateescape")}


def _complete(error: AwsError, request: Body) -> None:
    """Name what an error message does not name, and mask in it what is masked in the request."""
    from ecsplan_applier.outcomes.aws_messages import concealed, secrets_of  # noqa: PLC0415 - only where a call has failed
    from ecsplan_applier.outcomes.missing_things import concerned  # noqa: PLC0415

    judged = error.status is not None and not error.lost
    about = concerned(error.code, error.text, request) if judged else error.concerned
    secrets = (*secrets_of(_with_read_input(request)), *secrets_beside(request))
    error.complete(concealed(error.text, secrets), about)


def _masked(request: Body) -> str:
    from ecsplan.terms.secrecy import mask_document  # noqa: PLC0415 - only for --verbose

    return json.dumps(mask_document(_with_read_input(request)), ensure_ascii=False, default=str)


def _with_read_input(request: Body) -> Body:
    """Return a request in which the overrides of a schedule's target are a document rather than text.

    Text does not show which value belongs to which name, by which a credential is recognized.
    """
    target = request.get("Target")
    if not isinstance(target, Mapping) or not isinstance(target.get("Input"), str):
        return request
    try:
        return {**request, "Target": {**target, "Input": json.loads(target["Input"])}}
    except ValueError:
        return request
