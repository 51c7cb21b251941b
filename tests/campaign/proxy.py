"""A proxy on loopback before the embedded ECS: it corrupts answers, sets the `Date` header, and delays sight.

Raw sockets on the side of the client, so that an answer can be wrong in any way.
"""

import contextlib
import json
import socket
import socketserver
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any, BinaryIO
from urllib.parse import parse_qs

from campaign.corruptions import JSON_TYPE, Answer, Corruption, Sent
from inline_gateway import served

from ecsplan_local import Endpoint

_HOP_HEADERS = frozenset({"date", "server", "connection", "content-length", "transfer-encoding"})
"""Headers of the endpoint's answer that the proxy writes itself."""
_TRUE_EMPTY = Answer(200, (("Content-Type", JSON_TYPE),), b"{}")
"""What a corruption gets as the true answer of a call that never reached the endpoint."""
_LINE_BYTES = 65_536

Dates = Callable[[float], tuple[str, ...]]
"""AWS's time -> the values of the `Date` headers of an answer; none: the header is absent."""


def true_date(now: float) -> tuple[str, ...]:
    """Return AWS's own time, as HTTP writes it."""
    return (formatdate(now, usegmt=True),)


@dataclass(frozen=True)
class Order:
    """A corrupted answer: the `number`-th call of an operation from 1, and as many after it as `times` says.

    Where the corruption makes sense for some requests only, only those are counted.

    Attributes:
        corruption: How.
        operation: The operation; `*` counts the calls of all.
        effect: `after`: the call has had its effect; `before`: it never reaches the endpoint.
    """

    corruption: Corruption
    operation: str
    number: int
    effect: str
    times: int = 1

    def meets(self, counts: Mapping[object, int], request: "Request") -> bool:
        """Return whether it is this request's answer, by the requests of each kind so far."""
        if self.operation not in {request.operation, "*"} or self.corruption.asked_with not in request.body:
            return False
        number = counts[self.operation, self.corruption.asked_with]
        return self.number <= number < self.number + self.times

    def __str__(self) -> str:
        """Return it as a message names it."""
        if self.operation == "*":
            return f"{self.corruption.name} from call {self.number} on"
        often = f" and the next {self.times - 1}" if self.times > 1 else ""
        return f"{self.corruption.name} {self.effect} the effect of {self.operation} {self.number}{often}"


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def operation(self) -> str:
        """The operation, by the header of the JSON protocols or the field of the query protocols."""
        named = {name.lower(): value for name, value in self.headers}.get("x-amz-target", "")
        if named:
            return named.rpartition(".")[2]
        return (parse_qs(self.body.decode("latin-1")).get("Action") or [""])[0]


class Proxy:
    """Passes calls on to an endpoint, and answers.

    Args:
        endpoint: What answers.
        now: AWS's time, seconds since 1970.
        hold_s: How long an answer is held that is to come too late.
    """

    def __init__(self, endpoint: Endpoint, now: Callable[[], float], *, hold_s: float = 30.0) -> None:
        self.now = now
        self.hold_s = hold_s
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._born: dict[str, float] = {}
        self.reset()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                proxy._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def reset(self, *orders: Order, dates: Dates = true_date, lag_s: float = 0.0) -> None:
        """Count calls anew, and do from here on what is said here.

        Args:
            orders: The answers to corrupt.
            dates: The `Date` headers.
            lag_s: How long after its start a task is in no answer of ListTasks and DescribeTasks.
        """
        with self._lock:
            self._orders, self._dates, self._lag_s = orders, dates, lag_s
            self._counts: Counter[object] = Counter()
            self.corrupted: list[str] = []

    def close(self) -> None:
        """End the proxy and its connections."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            connections = list(self._open)
        for each in connections:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self, client: socket.socket) -> None:
        """Serve one connection until either side has had enough."""
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(client)
        try:
            with client.makefile("rb") as stream:
                while (request := read_request(stream)) is not None:
                    if not self._answer(client, request):
                        break
        except OSError:
            _reset(client)
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()

    def _answer(self, client: socket.socket, request: Request) -> bool:
        """Answer a request; return whether the connection stays open."""
        order = self._order(request)
        if order is None or order.effect == "after":
            true = self._seen(request, _asked(self._endpoint, request))
        else:
            true = _TRUE_EMPTY
        true = true.with_headers(*(("Date", each) for each in self._dates(self.now())))
        sent = Sent(true.wire()) if order is None else order.corruption.make(true)
        client.sendall(sent.data)
        if sent.ending == "hold":
            self._ended.wait(self.hold_s)
        if sent.ending == "reset":
            _reset(client)
        return sent.ending == "keep"

    def _order(self, request: Request) -> Order | None:
        with self._lock:
            for part in {b"", *(each.corruption.asked_with for each in self._orders)}:
                if part in request.body:
                    self._counts.update(((request.operation, part), ("*", part)))
            order = next((each for each in self._orders if each.meets(self._counts, request)), None)
            if order is not None:
                self.corrupted.append(str(order))
            return order

    def _seen(self, request: Request, true: Answer) -> Answer:
        """Return an answer without the tasks that cannot be seen yet."""
        if request.operation not in {"RunTask", "ListTasks", "DescribeTasks"} or true.status != 200:
            return true
        value = json.loads(true.body)
        if request.operation == "RunTask":
            with self._lock:
                for each in value["tasks"]:
                    self._born.setdefault(each["taskArn"], self.now())
            return true
        return replace(true, body=json.dumps(self._without_new(request.operation, value)).encode())

    def _without_new(self, operation: str, value: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            new = {arn for arn, born in self._born.items() if self.now() - born < self._lag_s}
        if operation == "ListTasks":
            return {**value, "taskArns": [each for each in value["taskArns"] if each not in new]}
        seen = [each for each in value["tasks"] if each["taskArn"] not in new]
        hidden = [each["taskArn"] for each in value["tasks"] if each["taskArn"] in new]
        missing = [{"arn": each, "reason": "MISSING"} for each in hidden]
        return {**value, "tasks": seen, "failures": [*value.get("failures", []), *missing]}


def read_request(stream: BinaryIO) -> Request | None:
    """Return the next request of a connection, or None at its end."""
    first = stream.readline(_LINE_BYTES).decode("latin-1").split()
    if not first:
        return None
    headers = []
    while line := stream.readline(_LINE_BYTES).decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Request(first[0], first[1], tuple(headers), stream.read(length))


def _asked(endpoint: Endpoint, request: Request) -> Answer:
    """Return the endpoint's answer to a request.

    Raises:
        ConnectionResetError: It ends the connection instead.
    """
    found = served(endpoint, request.method, request.path, request.headers, request.body)
    if found is None:
        raise ConnectionResetError
    kept = tuple(each for each in found.headers if each[0].lower() not in _HOP_HEADERS)
    return Answer(found.status, kept, found.body)


def _reset(client: socket.socket) -> None:
    """Have the connection end with RST rather than in order, once it is closed."""
    with contextlib.suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
