"""An endpoint in front of the embedded ECS that corrupts answers on the wire, as proxies and broken links do.

A `CorruptingServer` passes calls on. `corrupt(operation, answer, calls={2}, effect=False)` has it give the
raw bytes of `answer` to these calls of an operation, counted from 1, with or without carrying them out.
"""

import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from types import TracebackType
from typing import Any

from inline_gateway import served

from ecsplan_local import Endpoint

JSON = "application/x-amz-json-1.1"
DEEP = 100_000
"""Levels that no parser of Python's follows."""


def raw(status: int, body: bytes = b"", kind: str = JSON, *headers: str, length: int | None = None) -> bytes:
    """Return an answer as it stands on the wire; `length` is what it says of its length."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {said}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


CORRUPTED: dict[str, bytes] = {
    "a web page with 200": raw(200, b"<html>sign in</html>", "text/html"),
    "a web page with 403": raw(403, b"<html>forbidden</html>", "text/html"),
    "a web page with 502": raw(502, b"<html>bad gateway</html>", "text/html"),
    "a redirect": raw(302, b"", "text/html", "Location: http://127.0.0.1:9/"),
    "an empty 400": raw(400),
    "an empty 404": raw(404, b"", "text/plain"),
    "no members": raw(200, b"{}"),
    "no content": raw(204),
    "nothing": raw(200),
    "truncated": raw(200, b'{"tasks": [{"taskArn": "arn:aws:e'),
    "cut off": raw(200, b'{"tasks": [{"taskArn"', length=4000),
    "a list": raw(200, b"[1, 2]"),
    "a text": raw(200, b'"well"'),
    "a number in an error": raw(400, b"7"),
    "a list in an error": raw(400, b'["__type"]'),
    "nested too deeply": raw(200, b'{"tasks":' + b"[" * DEEP),
    "an error nested too deeply": raw(400, b'{"__type":' + b"[" * DEEP),
    "bytes that are no text": raw(200, b"{\xff\xfe\x00}"),
    "another service's answer": raw(200, b"<ListBucketsResponse/>", "application/xml"),
}
"""Answers that are not AWS's, whatever the operation."""


_WRITTEN = frozenset({"Content-Length", "Content-Type"})
"""Headers that `raw` writes itself."""


@dataclass(frozen=True)
class _Rule:
    operation: str
    answer: bytes
    calls: Collection[int]
    effect: bool


class CorruptingServer:
    """A server that passes calls on to an endpoint, and corrupts the answers of some."""

    def __init__(self, endpoint: Endpoint | None = None) -> None:
        self.forget(endpoint)
        self._lock = threading.Lock()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while outer._serve(self.rfile, self.wfile):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def forget(self, endpoint: Endpoint | None) -> None:
        """Pass calls on to this endpoint, unaltered, and count them from the start."""
        self._behind = endpoint
        self._rules: list[_Rule] = []
        self.counts: Counter[str] = Counter()
        self.on_call: Callable[[str, int], None] | None = None

    def corrupt(
        self, operation: str, answer: bytes, *, calls: Collection[int] = (1,), effect: bool = False
    ) -> None:
        """Give this answer to these calls; with `effect` they are carried out before."""
        self._rules.append(_Rule(operation, answer, calls, effect))

    def _serve(self, incoming: Any, outgoing: Any) -> bool:
        """Answer one request; False ends the connection."""
        first = incoming.readline()
        if not first:
            return False
        lines = []
        while (line := incoming.readline()) not in {b"\r\n", b""}:
            lines.append(line)
        headers = BytesHeaderParser().parsebytes(b"".join(lines))
        body = incoming.read(int(headers.get("Content-Length", 0)))
        operation = _operation(str(headers.get("X-Amz-Target", "")), body)
        with self._lock:
            self.counts[operation] += 1
            number = self.counts[operation]
        if self.on_call is not None:
            self.on_call(operation, number)
        rule = next((r for r in self._rules if r.operation == operation and number in r.calls), None)
        answer = b"" if rule is not None and not rule.effect else self._pass_on(first, headers, body)
        outgoing.write(answer if rule is None else _closing(rule.answer))
        outgoing.flush()
        return rule is None

    def _pass_on(self, first: bytes, headers: Any, body: bytes) -> bytes:
        method, path, _ = first.decode().split(" ")
        answer = None if self._behind is None else served(self._behind, method, path, headers.items(), body)
        if answer is None:
            return b""
        more = [f"{name}: {value}" for name, value in answer.headers if name not in _WRITTEN]
        return raw(answer.status, answer.body, dict(answer.headers)["Content-Type"], *more)

    def __enter__(self) -> "CorruptingServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _closing(answer: bytes) -> bytes:
    """Return the answer saying that the connection ends with it.

    Without that word a client that is quick enough sends its next call into the closing connection, and
    that call is lost instead of corrupted.
    """
    first, _, rest = answer.partition(b"\r\n")
    return b"\r\n".join((first, b"Connection: close", rest))


def _operation(target: str, body: bytes) -> str:
    if target:
        return target.rpartition(".")[2]
    fields = dict(each.partition("=")[::2] for each in body.decode().split("&"))
    return fields.get("Action", "")
