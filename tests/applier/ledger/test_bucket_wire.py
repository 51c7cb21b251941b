"""What comes over the wire in the place of an answer of S3: redirects, pages, torn bodies."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from ledger_documents import ENTRY
from scripted_aws import JumpingClock

from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.ledger.entry import read_entry
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.open import open_ledger
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.scheduler import Loop

GOOD = read_entry(ENTRY)
Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body; a `Content-Length` among the headers need not be true."""
PAGE: Answer = (200, {"Content-Type": "text/html"}, b"<html><title>Sign in</title></html>")
ETAG = {"ETag": '"e"'}


def refused(status: int, code: str, **headers: str) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said S3</Message></Error>"
    return status, {"Content-Type": "application/xml", **headers}, body.encode()


@contextmanager
def served(answer: Callable[[str, str], Answer]) -> Iterator[tuple[Ledger, Loop, list[str]]]:
    """Give a ledger in a bucket of a server that answers by method and region, and the methods called."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            scope = re.search(r"Credential=[^/]*/\d+/([^/]+)/s3", self.headers["Authorization"])
            assert scope is not None
            assert self.path.startswith("/ledgers")  # the bucket is part of the path
            seen.append(self.command)
            status, headers, body = answer(self.command, scope[1])
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)
            self.close_connection = True

        do_GET = do_PUT = do_HEAD = _answer  # noqa: N815 - as the server calls them

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        options = SessionOptions(
            region="us-east-1", endpoint_url=f"http://127.0.0.1:{server.server_port}", call_timeout_s=10
        )
        loop = Loop(JumpingClock(), workers=0)
        yield open_ledger("s3://ledgers/ci", Caller(SdkGateway(options), loop), options), loop, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-secret")


@pytest.mark.parametrize(
    ("status", "code"),
    [(301, "PermanentRedirect"), (307, "TemporaryRedirect"), (400, "AuthorizationHeaderMalformed")],
)
def test_a_bucket_in_another_region_is_found(status: int, code: str) -> None:
    def answer(method: str, region: str) -> Answer:
        if region == "eu-central-1":
            return 200, ETAG, b""
        status_, headers, body = refused(status, code, **{"x-amz-bucket-region": "eu-central-1"})
        body = body.replace(b"</Error>", b"<Region>eu-central-1</Region></Error>")
        return status_, headers, b"" if method == "HEAD" else body

    with served(answer) as (ledger, loop, seen):
        first = loop.run(ledger.write(GOOD))
        loop.run(ledger.write(GOOD, first.version))

    # The region is remembered: the second write is one request.
    assert seen == ["PUT", "PUT", "PUT"]


def test_a_bucket_in_a_region_that_s3_does_not_name_is_a_message() -> None:
    with (
        served(lambda *_: refused(400, "AuthorizationHeaderMalformed")) as (ledger, loop, _),
        pytest.raises(LedgerError) as raised,
    ):
        loop.run(ledger.write(GOOD))

    assert "name its region with --region" in str(raised.value)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(PAGE, id="a page to sign in"),
        pytest.param((200, ETAG, b"<html>"), id="a page with an ETag"),
        pytest.param((200, {}, b""), id="nothing"),
        pytest.param((403, {}, b"<html>Forbidden</html>"), id="a proxy's refusal"),
        pytest.param((204, ETAG, b""), id="another status"),
        pytest.param((302, {"Location": "http://127.0.0.1:9/"}, b""), id="a redirect of a portal"),
        pytest.param(refused(301, "PermanentRedirect"), id="a redirect to nowhere"),
    ],
)
def test_what_is_no_answer_of_s3_is_no_success(answer: Answer) -> None:
    asked: list[Callable[[Ledger], Any]] = [
        lambda ledger: ledger.write(GOOD),
        lambda ledger: ledger.of_run(GOOD.key.account, GOOD.key.region, GOOD.key.run_id),
    ]
    for each in asked:
        with served(lambda *_: answer) as (ledger, loop, _), pytest.raises(LedgerError, match="BadAnswer"):
            loop.run(each(ledger))


def test_a_document_that_arrives_in_part_is_asked_for_again() -> None:
    text = b'{"ledger_format": 99}'
    answers = [
        (200, {**ETAG, "Content-Length": "500"}, text),
        (200, ETAG, text),
    ]

    with (
        served(lambda *_: answers.pop(0)) as (ledger, loop, seen),
        pytest.raises(LedgerError, match="has format 99"),
    ):
        loop.run(ledger.read(GOOD.key))

    assert seen == ["GET", "GET"]


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (409, "ConditionalRequestConflict")]
)
def test_a_call_that_s3_cannot_carry_out_now_is_made_again(status: int, code: str) -> None:
    answers = [refused(status, code), refused(status, code), (200, ETAG, b"")]

    with served(lambda *_: answers.pop(0)) as (ledger, loop, seen):
        loop.run(ledger.write(GOOD))

    assert seen == ["PUT"] * 3
