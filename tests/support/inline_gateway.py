"""Calls to an endpoint of this process, which answers them in the thread that makes them: no connection."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError

from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions, Target
from ecsplan_local import Endpoint
from ecsplan_local.server import Server, _Handler


@dataclass(frozen=True)
class Served:
    """What an endpoint answers to a request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def served(
    endpoint: Endpoint, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
) -> Served | None:
    """Return an endpoint's answer to a request; None where it is closed, or ends the connection instead."""
    server = endpoint._server
    return None if server.closing.is_set() else _Call(server, method, path, headers, body).answer


class InlineGateway(SdkGateway):
    """Makes calls as the SDK does, up to the request that it would send, and from the answer that comes.

    Connections and signatures are half of what a call costs. A call that is slow is waited for, whatever the
    call timeout is: a test of timeouts takes an `SdkGateway`.

    Args:
        endpoint: What answers; the SDK connects where it is closed, and to other addresses.
        options: As for `SdkGateway`, with the address of the endpoint.
    """

    def __init__(self, endpoint: Endpoint, options: SessionOptions) -> None:
        super().__init__(options, connections=1)
        self._endpoint = endpoint

    def _make_client(self, session: Any, service: str, target: Target) -> Any:
        client = super()._make_client(session, service, target)
        if client.meta.endpoint_url != self._endpoint.url:
            return client
        scope = f"20270101/{target.region}/{client.meta.service_model.signing_name}/aws4_request"

        def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
            request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential=local/{scope}"
            return None if self._endpoint._server.closing.is_set() else _answer(self._endpoint, request)

        client.meta.events.register("choose-signer", lambda **_: UNSIGNED)
        client.meta.events.register("before-send", answer)
        return client


def _answer(endpoint: Endpoint, request: AWSPreparedRequest) -> AWSResponse:
    parts = urlsplit(request.url)
    # botocore has some values as bytes, and some bodies as text.
    headers = [(name, _decoded(value)) for name, value in request.headers.items()]
    body = request.body or b""
    found = served(
        endpoint,
        request.method,
        f"{parts.path}?{parts.query}" if parts.query else parts.path,
        [*headers, ("Host", parts.netloc)],
        body.encode() if isinstance(body, str) else body,
    )
    if found is None:
        raise ConnectionClosedError(endpoint_url=request.url)
    return AWSResponse(request.url, found.status, HeadersDict(found.headers), _Body(found.body))


def _decoded(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Body:
    """The body of an answer, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


class _Call(_Handler):
    """Serves one request that is there already, and keeps the answer."""

    def __init__(
        self, server: Server, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> None:
        self.server = server
        self.command = method
        self.path = path
        self.headers: Any = HeadersDict(headers)
        self.rfile = BytesIO(body)
        self.answer: Served | None = None
        self._serve()

    def _send(self, status: int, body: bytes, *, query: bool = False, request_id: str = "") -> None:
        headers = {
            "Date": self.date_time_string(),
            "Content-Type": "text/xml" if query else "application/x-amz-json-1.1",
            "Content-Length": str(len(body)),
            "x-amzn-RequestId": request_id,
        }
        self.answer = Served(status, tuple(headers.items()), body)

    def _reset(self) -> None:
        """Answer nothing."""
