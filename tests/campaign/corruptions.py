"""Corrupted answers: what a proxy, a broken connection or a bad day puts in the place of AWS's answer."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Literal

JSON_TYPE: Final = "application/x-amz-json-1.1"
DEEP: Final = 100_000
"""Levels of an answer that no recursive parser gets through."""
_PAGE: Final = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
_OTHER_DATE: Final = "Thu, 01 Jan 2026 00:00:00 GMT"

Ending = Literal["keep", "close", "reset", "hold"]
"""What becomes of the connection; `hold` keeps it silent until the client has given up, then closes it."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: the true one, or what is put in its place."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_headers(self, *more: tuple[str, str]) -> "Answer":
        """Return the same with more headers, in front of its own."""
        return replace(self, headers=(*more, *self.headers))

    def wire(self, *, length: int | None = None) -> bytes:
        """Return the bytes on the wire; `length` is what Content-Length claims, where that is a lie."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        named = {name.lower() for name, _ in self.headers}
        counted = () if "transfer-encoding" in named else (("Content-Length", str(length or len(self.body))),)
        lines = [f"{name}: {value}" for name, value in (*self.headers, *counted)]
        head = "\r\n".join([f"HTTP/1.1 {self.status} {phrase}", *lines, "", ""])
        return head.encode("latin-1") + self.body


@dataclass(frozen=True)
class Sent:
    """What is written to the client, and what becomes of the connection then."""

    data: bytes
    ending: Ending = "keep"


@dataclass(frozen=True)
class Corruption:
    """One kind of corrupted answer.

    Attributes:
        name: Names its test.
        group: Its row in the campaign's table.
        make: The true answer -> what is sent.
        effects: Whether the call has had its effect (`after`), or never reaches ECS (`before`).
        operations: The only operations that it makes sense for; empty: all.
        asked_with: What the request holds of each call that it makes sense for.
    """

    name: str
    group: str
    make: Callable[[Answer], Sent]
    effects: tuple[str, ...] = ("before", "after")
    operations: tuple[str, ...] = ()
    asked_with: bytes = b""


def page(status: int, *headers: tuple[str, str], body: bytes = _PAGE) -> Callable[[Answer], Sent]:
    """Return what answers with a page of another program, which has a clock of its own."""
    own = (("Content-Type", "text/html; charset=utf-8"), ("Date", _OTHER_DATE))
    made = Answer(status, (*own, *headers), body)
    return lambda _: Sent(made.wire())


def document(text: str, status: int = 200, kind: str = JSON_TYPE) -> Callable[[Answer], Sent]:
    """Return what answers with a text as if it were AWS's."""
    made = Answer(status, (("Content-Type", kind),), text.encode())
    return lambda _: Sent(made.wire())


def plain(data: bytes, ending: Ending) -> Callable[[Answer], Sent]:
    """Return what answers with bytes that are no HTTP answer."""
    return lambda _: Sent(data, ending)


def no_content(_: Answer) -> Sent:
    return Sent(b"HTTP/1.1 204 No Content\r\n\r\n")


def truncated(true: Answer) -> Sent:
    return Sent(replace(true, body=true.body[: len(true.body) // 2]).wire())


def not_text(true: Answer) -> Sent:
    half = len(true.body) // 2
    return Sent(replace(true, body=true.body[:half] + b"\xff\xfe\x00" + true.body[half:]).wire())


def packed(true: Answer) -> Sent:
    return Sent(replace(true, body=gzip.compress(true.body)).wire())


def too_long(true: Answer) -> Sent:
    return Sent(true.wire(length=len(true.body) + 7), "close")


def too_short(true: Answer) -> Sent:
    return Sent(true.wire(length=max(1, len(true.body) - 7)), "close")


def broken_chunk(true: Answer) -> Sent:
    head = true.with_headers(("Transfer-Encoding", "chunked"))
    return Sent(replace(head, body=b"%x\r\n" % (len(true.body) + 1) + true.body).wire(), "close")


def stalled(true: Answer) -> Sent:
    """Stop in the middle of the body."""
    return Sent(true.wire()[: -len(true.body) // 2], "hold")


def other_type(true: Answer) -> Sent:
    headers = tuple(each for each in true.headers if each[0].lower() != "content-type")
    return Sent(replace(true, headers=(("Content-Type", "text/plain"), *headers)).wire())


def twice_the_headers(true: Answer) -> Sent:
    return Sent(replace(true, headers=true.headers * 2).wire())


def junk_behind(true: Answer) -> Sent:
    return Sent(true.wire() + b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def failures_beside_tasks(true: Answer) -> Sent:
    """Say of each task that was started that there was no capacity for it (apache/airflow#16150)."""
    failures = [{"arn": "instance", "reason": "RESOURCE:MEMORY"} for _ in _tasks(true)]
    return _json(true, {"tasks": [], "failures": failures})


def failure_beside_one(true: Answer) -> Sent:
    """The same of the last task alone."""
    kept = _tasks(true)[:-1]
    return _json(true, {"tasks": kept, "failures": [{"reason": "RESOURCE:CPU"}]})


def missing_tasks(true: Answer) -> Sent:
    """Leave all tasks out, and say of none that it is missing."""
    return _json(true, {"tasks": [], "failures": []})


def _tasks(true: Answer) -> list[object]:
    found = json.loads(true.body).get("tasks", []) if true.status == 200 else []
    return list(found)


def _json(true: Answer, value: object) -> Sent:
    return Sent(replace(true, body=json.dumps(value).encode()).wire())


def refused_token(_: Answer) -> Sent:
    error = {"__type": "InvalidParameterException", "message": "The specified nextToken is invalid."}
    return document(json.dumps(error), 400)(_)


_DEEP_LIST: Final = "[" * DEEP + "]" * DEEP
_PROXY: Final = ("Proxy-Authenticate", 'Basic realm="proxy"')
_ELSEWHERE: Final = ("Location", "http://127.0.0.1:9/sign-in")
_THROTTLED: Final = '{"__type": "ThrottlingException", "message": "Rate exceeded"}'
_TRUE: Final = ("after",)
SLOW: Final = "no answer within the read timeout"
"""The row of what takes as long as an apply waits for an answer."""
_LIES: Final = "failures of RunTask beside tasks that it started"


def _table() -> Iterator[Corruption]:
    pages = "a page of another program"
    yield Corruption("HTML with 200", pages, page(200))
    for status in (401, 403, 404, 502, 503):
        yield Corruption(f"HTML with {status}", pages, page(status))
    yield Corruption("HTML with 407", pages, page(407, _PROXY))
    yield Corruption("redirect 302", pages, page(302, _ELSEWHERE))
    yield Corruption("redirect 307", pages, page(307, _ELSEWHERE, body=b""))
    yield Corruption(
        "XML with 403", pages, document("<Error><Code>AccessDenied</Code></Error>", 403, "text/xml")
    )
    nothing = "an empty answer"
    for status in (200, 400, 403, 404):
        yield Corruption(f"empty {status}", nothing, page(status, body=b""))
    yield Corruption("204", nothing, no_content)
    yield Corruption("empty object", nothing, document("{}"))
    yield Corruption("empty object with 400", nothing, document("{}", 400))
    yield Corruption("error without a code", nothing, document('{"message": "Forbidden"}', 403))
    other = "JSON of another form"
    for text in ("null", "[]", "[{}]", "7", '"ok"', "false", "NaN"):
        yield Corruption(f"JSON {text}", other, document(text))
    unreadable = "an unreadable answer"
    yield Corruption("truncated JSON", unreadable, truncated, _TRUE)
    yield Corruption("JSON nested deep", unreadable, document(_DEEP_LIST))
    yield Corruption("JSON with a member nested deep", unreadable, document(f'{{"tasks": {_DEEP_LIST}}}'))
    yield Corruption("error nested deep", unreadable, document(_DEEP_LIST, 400))
    yield Corruption("bytes that are no text", unreadable, not_text, _TRUE)
    yield Corruption("packed without saying so", unreadable, packed, _TRUE)
    framing = "wrong framing or headers"
    yield Corruption("content-length too long", framing, too_long, _TRUE)
    yield Corruption("content-length too short", framing, too_short, _TRUE)
    yield Corruption("broken chunk", framing, broken_chunk, _TRUE)
    yield Corruption("wrong content type", framing, other_type, _TRUE)
    yield Corruption("headers twice", framing, twice_the_headers, _TRUE)
    yield Corruption("junk behind the answer", framing, junk_behind, _TRUE)
    broken = "a broken connection"
    yield Corruption("reset", broken, plain(b"", "reset"))
    yield Corruption("closed without an answer", broken, plain(b"", "close"))
    yield Corruption("reset within the headers", broken, plain(b"HTTP/1.1 200 OK\r\nContent-", "reset"))
    yield Corruption("not HTTP", broken, plain(b"SSH-2.0-OpenSSH_9.6\r\n", "close"))
    yield Corruption("late", SLOW, plain(b"", "hold"))
    yield Corruption("stalled in the middle", SLOW, stalled, _TRUE)
    trouble = "throttling and server errors"
    yield Corruption("throttle", trouble, document(_THROTTLED, 400), ("before",))
    yield Corruption("429 as HTML", trouble, page(429), ("before",))
    yield Corruption("500 as HTML", trouble, page(500))
    yield Corruption("empty 500", trouble, page(500, body=b""))
    yield Corruption("failures beside all tasks", _LIES, failures_beside_tasks, _TRUE, ("RunTask",))
    yield Corruption("a failure beside one task", _LIES, failure_beside_one, _TRUE, ("RunTask",))
    hidden = "an answer that leaves things out"
    yield Corruption("tasks left out", hidden, missing_tasks, _TRUE, ("RunTask", "DescribeTasks"))
    token = "a refused nextToken"
    yield Corruption(
        "refused nextToken", token, refused_token, ("before",), ("GetLogEvents",), b'"nextToken"'
    )


CORRUPTIONS: Final = tuple(_table())
GENERAL: Final = tuple(each for each in CORRUPTIONS if not each.operations and each.group != SLOW)
"""Those that make sense for every operation, and do not take long."""
