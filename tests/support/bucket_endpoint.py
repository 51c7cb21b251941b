"""Buckets in memory behind HTTP on loopback, with path-style addresses, as an SDK or the AWS CLI calls S3."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from email.message import Message
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from bucket_faults import BrokenOffError, S3Error
from buckets import REGION, Buckets

_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/s3/")
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class BucketEndpoint:
    """A running endpoint; close it, or use it as a context manager. `url` is its address.

    Args:
        buckets: What it serves.
        latency_s: How long each answer takes, in seconds.
        late_s: How long a late answer takes; longer than its caller waits.
    """

    def __init__(self, buckets: Buckets, *, latency_s: float = 0.0, late_s: float = 5.0) -> None:
        self.buckets = buckets
        self._ended = threading.Event()

        class Handler(_Handler):
            served = buckets
            latency = latency_s
            late = staticmethod(lambda: self._ended.wait(late_s))

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> "BucketEndpoint":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Clients keep their connections open: waiting for their threads would wait for them.
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, has it carried out, and writes the answer in XML."""

    protocol_version = "HTTP/1.1"
    served: Buckets
    latency: float
    late: Callable[[], object]

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        """Say in which region a bucket is: the only thing that SDKs ask HEAD for."""
        bucket = unquote(urlsplit(self.path).path).strip("/")
        region = self.served.regions.get(bucket)
        self._send(404 if region is None else 200, b"", {"x-amz-bucket-region": region or REGION})

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def _answer(self) -> None:
        time.sleep(self.latency)
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).removeprefix("/").partition("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scope = _SCOPE.search(self.headers.get("Authorization") or "")
        region = REGION if scope is None else scope["region"]
        operation = "PutObject" if self.command == "PUT" else "GetObject" if key else "ListObjectsV2"
        request = {"Bucket": bucket, **_request(operation, key, query, self.headers, body)}
        try:
            answer = self.served.call(operation, request, region)
        except S3Error as error:
            home = self.served.regions.get(bucket, region)
            self._send(error.status, _error(error), {"x-amz-bucket-region": home})
        except BrokenOffError as error:
            self._break_off(error)
        else:
            self._send(200, *_response(operation, query, answer))

    def _break_off(self, broken: BrokenOffError) -> None:
        """End the connection with half an answer, or with none at once, or too late."""
        if broken.truncated:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"half')
        elif broken.late:
            self.late()
        self.close_connection = True

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"x-amz-request-id": "0", **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _request(
    operation: str, key: str, query: Mapping[str, str], headers: Message, body: bytes
) -> dict[str, Any]:
    """Return the members of a request."""
    match operation:
        case "GetObject":
            return {"Key": key}
        case "PutObject":
            conditions = {"IfMatch": headers.get("If-Match"), "IfNoneMatch": headers.get("If-None-Match")}
            return {"Key": key, "Body": body, **conditions}
        case _:
            names = {
                "prefix": "Prefix",
                "delimiter": "Delimiter",
                "max-keys": "MaxKeys",
                "continuation-token": "ContinuationToken",
                "start-after": "StartAfter",
            }
            return {member: query[name] for name, member in names.items() if name in query}


def _response(
    operation: str, query: Mapping[str, str], answer: Mapping[str, Any]
) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of an answer."""
    match operation:
        case "GetObject":
            written = formatdate(answer["LastModified"].timestamp(), usegmt=True)
            return answer["Body"], {"ETag": answer["ETag"], "Last-Modified": written}
        case "PutObject":
            return b"", {"ETag": answer["ETag"]}
        case _:
            return _listing(query, answer), {"Content-Type": "application/xml"}


def _listing(query: Mapping[str, str], answer: Mapping[str, Any]) -> bytes:
    """Return a page of keys; an SDK asks for them in the encoding of URLs, and decodes them."""
    encoding = query.get("encoding-type")
    shown: Callable[[str], str] = (lambda text: quote(text, safe="/")) if encoding == "url" else escape
    rows = [
        f"<Contents><Key>{shown(each['Key'])}</Key><ETag>{escape(each['ETag'])}</ETag>"
        f"<Size>{each['Size']}</Size><LastModified>{each['LastModified']:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        "</Contents>"
        for each in answer["Contents"]
    ]
    rows += [
        f"<CommonPrefixes><Prefix>{shown(each['Prefix'])}</Prefix></CommonPrefixes>"
        for each in answer["CommonPrefixes"]
    ]
    token = answer.get("NextContinuationToken")
    head = [
        f"<Prefix>{shown(query.get('prefix', ''))}</Prefix>",
        f"<KeyCount>{answer['KeyCount']}</KeyCount>",
        f"<IsTruncated>{str(answer['IsTruncated']).lower()}</IsTruncated>",
        *([f"<EncodingType>{encoding}</EncodingType>"] if encoding else []),
        *([f"<NextContinuationToken>{escape(token)}</NextContinuationToken>"] if token else []),
    ]
    text = f'{_XML}<ListBucketResult xmlns="{_SPACE}">{"".join((*head, *rows))}</ListBucketResult>'
    return text.encode()


def _error(error: S3Error) -> bytes:
    members = {"Code": error.code, "Message": error.text, **error.more, "RequestId": "0"}
    text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())
    return f"{_XML}<Error>{text}</Error>".encode()
