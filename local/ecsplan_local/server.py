"""The HTTP server: connections on loopback, access checks, and the faults and hooks around each call."""

import contextlib
import socket
import sqlite3
import struct
import threading
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ecsplan_local.errors import LocalError, ServiceError
from ecsplan_local.faults.faults import Rule, fault_error
from ecsplan_local.faults.quotas import Quotas
from ecsplan_local.faults.recorder import Recorder
from ecsplan_local.json_types import Body
from ecsplan_local.operations import execute
from ecsplan_local.protocol.wire import (
    Call,
    identify,
    json_answer,
    json_error,
    parse_number,
    query_answer,
    query_error,
    read_call,
)
from ecsplan_local.store import is_corruption, state_error_message
from ecsplan_local.world import World

HOST = "127.0.0.1"
"""The only address that is served, because calls start commands on this machine."""

_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

_MAX_BODY_BYTES = 16 * 1024 * 1024

_CLOSE_S = 5.0
"""How long a call in progress may delay the end."""

_CONNECTIONS_WAITING = 256
"""Backlog of connections; with the default of 5, clients that start many tasks at once have to wait."""


class ConnectionReset(Exception):  # noqa: N818 - an instruction to the server
    """The connection must be closed with RST, without a response."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How an endpoint responds.

    Args:
        account: Account of callers whose credentials do not name one.
        region: Region of requests whose signature does not name one.
        latency_s: Seconds added to each call.
    """

    account: str
    region: str
    latency_s: float


class Server(ThreadingHTTPServer):
    """Serves one world on a port on loopback."""

    daemon_threads = True
    request_queue_size = _CONNECTIONS_WAITING

    def __init__(
        self, port: int, world: World, settings: Settings, quotas: Quotas | None, recorder: Recorder
    ) -> None:
        self.world = world
        self.settings = settings
        self.quotas = quotas
        self.recorder = recorder
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._workers: set[threading.Thread] = set()
        self._lock = threading.Lock()
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "a port is at most 65535"
            raise LocalError(
                f"port {port} of {HOST} cannot be used: {why}; choose another with --port"
            ) from error

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and keep track of it, so that `close_all` can end its thread."""
        connection, address = super().get_request()
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, and keep track of the thread while it runs."""
        with self._lock:
            self._workers.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._workers.discard(threading.current_thread())

    def close_all(self) -> None:
        """Stop listening, end all connections, and wait until their threads no longer use the state."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            connections, workers = list(self._connections), list(self._workers)
        for each in connections:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join(_CLOSE_S)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore disconnected clients; report any other error, which is a bug."""
        import sys  # noqa: PLC0415 - only on this path

        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def answer(self, call: Call) -> Body | None:
        """Execute a call with the configured faults, hooks and delays.

        Raises:
            ServiceError: AWS's error response, or a fault.
            ConnectionReset: A fault.
        """
        world = self.world
        world.clock.called(call.operation)
        # The clock first: a call that advances it must see everything that is due by then.
        world.engine.settle()
        recorded, number = self.recorder.add(call, world.clock.now())
        if self.settings.latency_s:
            self.closing.wait(self.settings.latency_s)
        self.recorder.run_hooks("before", recorded, number)
        rules = world.faults.matching(call)
        self._before(rules)
        # After the faults, so that a scripted refusal consumes no quota.
        if self.quotas:
            self.quotas.admit(call)
        try:
            value = execute(world, call)
        except sqlite3.DatabaseError as error:
            raise _state_error(world, error) from error
        finally:
            self.recorder.run_hooks("executed", recorded, number)
        self.recorder.run_hooks("after", recorded, number)
        self._after(rules)
        return value

    def _before(self, rules: list[Rule]) -> None:
        for rule in rules:
            if rule.action == "slow" and rule.when == "before":
                self.closing.wait(rule.seconds)
            if rule.action == "reset-before":
                raise ConnectionReset
            error = fault_error(rule)
            if error:
                raise error

    def _after(self, rules: list[Rule]) -> None:
        for rule in rules:
            if rule.action == "slow" and rule.when == "after":
                self.closing.wait(rule.seconds)
            if rule.action == "reset-after":
                raise ConnectionReset


def _state_error(world: World, error: sqlite3.DatabaseError) -> ServiceError:
    """Return the error for an unusable state; not a 5xx for damage, since retrying does not help."""
    message = state_error_message(world.store.path, error)
    if is_corruption(error):
        return ServiceError("ClientException", message[0].upper() + message[1:])
    return ServiceError("ServerException", message[0].upper() + message[1:], status=500)


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection, which stays open between requests."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "ecsplan-local"
    # Send each response in one packet: by default, headers and body are written separately and unbuffered,
    # which costs 40 ms per call with Nagle's algorithm.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Serve the requests of the connection until the client disconnects."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the `Date` header by the endpoint's clock, like the timestamps in its responses."""
        return super().date_time_string(self.server.world.clock.now() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Print nothing: stdout and stderr belong to the command."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        if not self._is_allowed():
            self._send(403, b'{"message": "Requests from other hosts or from web pages are refused."}')
            return
        request_id = str(uuid.uuid4())
        identity = identify(
            self.headers.get("Authorization", ""),
            account=self.server.settings.account,
            region=self.server.settings.region,
        )
        target, kind = self.headers.get("X-Amz-Target", ""), self.headers.get("Content-Type", "")
        call = Call(identity.service, "", {}, identity.account, identity.region, "json")
        try:
            call = read_call(target, kind, self.path, body, identity)
            value = self.server.answer(call)
        except ServiceError as error:
            self._send_error(call, error, request_id)
        except ConnectionReset:
            self._reset()
        else:
            query = call.protocol in {"query", "ec2"}
            answer = query_answer(call, value or {}, request_id) if query else json_answer(value)
            self._send(200, answer, query=query, request_id=request_id)

    def __getattr__(self, name: str) -> Any:
        """Serve every HTTP method the same way: the base class looks up `do_GET`, `do_POST` and so on."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _body(self) -> bytes | None:
        """Return the request body, or None if it was refused or the client disconnected."""
        length = parse_number(self.headers.get("Content-Length", "0"))
        if length is None or length > _MAX_BODY_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(413, b'{"message": "The request body is too large or has no Content-Length."}')
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            # The client disconnected halfway: a truncated request must not be executed.
            self.close_connection = True
            return None
        return body

    def _is_allowed(self) -> bool:
        """Return whether the request comes from a client on this machine that is not a web page.

        Any web page can make a browser send requests here, even under its own host name if that resolves
        to loopback (DNS rebinding); an SDK sends no `Origin`, and `Host` names this machine.
        """
        host = self.headers.get("Host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        page = "Origin" in self.headers or self.headers.get("Sec-Fetch-Site", "none") != "none"
        return not page and name.lower() in _OWN_NAMES

    def _send_error(self, call: Call, error: ServiceError, request_id: str) -> None:
        query = call.protocol in {"query", "ec2"}
        body = query_error(call, error, request_id) if query else json_error(error)
        self._send(error.status, body, query=query, request_id=request_id)

    def _send(self, status: int, body: bytes, *, query: bool = False, request_id: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml" if query else "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        if request_id:
            self.send_header("x-amzn-RequestId", request_id)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Close the connection so that the client receives RST rather than an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # rfile and wfile keep the socket open: the RST is sent when the last of them is closed.
        self.rfile.close()
        self.connection.close()
