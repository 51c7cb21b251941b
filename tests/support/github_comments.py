"""The part of GitHub's REST API that comments on a pull request, on loopback, and what goes wrong with it."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT = {"login": "github-actions[bot]", "type": "Bot"}
_COMMENTS = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/issues/(?P<number>\d+)/comments")
_COMMENT = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/issues/comments/(?P<id>\d+)")
MAX_CHARACTERS = 65_536
"""Of a body; GitHub answers 422 to a longer one."""


@dataclass
class Comments:
    """The comments of a pull request.

    Attributes:
        rows: The comments, as the API returns them.
        user: The user of the token; None stands for a workflow's own token, which may not ask who it is.
        refusals: What to answer instead, by the number of the request, from 1; 0 stands for all.
        asked: The requests: method, path, token.
        late: Numbers of the requests that take effect before they are refused.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    user: dict[str, str] | None = None
    refusals: dict[int, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    late: set[int] = field(default_factory=set)

    def add(self, body: str, user: dict[str, str] | None = None) -> int:
        """Add a comment and return its id."""
        number = 1000 + len(self.rows)
        self.rows.append(
            {"id": number, "body": body, "user": user or BOT, "html_url": f"https://x.test/{number}"}
        )
        return number

    def bodies(self) -> list[str]:
        return [each["body"] for each in self.rows]

    def answer(self, method: str, path: str, document: Any) -> tuple[int, Any]:
        """Return the status and the document that answer a request."""
        number = len(self.asked)
        refusal = self.refusals.get(number) or self.refusals.get(0)
        if refusal and number not in self.late:
            return refusal[0], {"message": refusal[1]}
        done = self._done(method, path, document)
        return (refusal[0], {"message": refusal[1]}) if refusal else done

    def _done(self, method: str, path: str, document: Any) -> tuple[int, Any]:
        parts = urlsplit(path)
        if (method, parts.path) == ("GET", "/user"):
            return (
                (200, self.user)
                if self.user
                else (403, {"message": "Resource not accessible by integration"})
            )
        if method != "GET" and len(document["body"]) > MAX_CHARACTERS:
            return 422, {"message": "Validation Failed"}
        if _COMMENTS.fullmatch(parts.path) and method == "GET":
            query = {name: int(value[0]) for name, value in parse_qs(parts.query).items()}
            start = query["per_page"] * (query["page"] - 1)
            return 200, self.rows[start : start + min(query["per_page"], 100)]
        if _COMMENTS.fullmatch(parts.path) and method == "POST":
            self.add(document["body"], self.user)
            return 201, self.rows[-1]
        if (found := _COMMENT.fullmatch(parts.path)) and method == "PATCH":
            (row,) = [each for each in self.rows if each["id"] == int(found["id"])]
            row["body"] = document["body"]
            return 200, row
        return 404, {"message": "Not Found"}


class GitHub:
    """A running API; use it as a context manager. `url` is its address."""

    def __init__(self, comments: Comments) -> None:
        class Handler(_Handler):
            answer = staticmethod(comments.answer)
            asked = comments.asked

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "GitHub":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[str, str, Any], tuple[int, Any]]
    asked: list[tuple[str, str, str]]

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        document = json.loads(self.rfile.read(length)) if length else None
        self.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, answer = self.answer(self.command, self.path, document)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        """Print nothing."""
