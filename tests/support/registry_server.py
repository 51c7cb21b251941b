"""A registry of images on a free port of loopback, which a test fills, and which notes what it is asked."""

import base64
import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Said:
    """An answer: status, headers and body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Asked:
    """A request: method, path, query and headers, by names in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: str = ""


@dataclass
class Registry:
    """What a registry has, and what it was asked.

    Attributes:
        port: Where it listens.
        scheme: `http` or `https`.
        manifests: `(repository, tag or digest)` -> type and body.
        blobs: digest -> body.
        user: `NAME:PASSWORD` that the token service, or the registry, demands; "" for anyone.
        auth: `""`, `bearer` or `basic`.
        instead: Path -> what is answered instead; a function is given the request, and may return None.
        asked: The requests so far.
    """

    port: int = 0
    scheme: str = "http"
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    user: str = ""
    auth: str = ""
    instead: dict[str, Said | Callable[[Asked], Said | None]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The registry, as the names of images have it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://{self.host}"

    def index(
        self, repository: str, tag: str, *platforms: str, media_type: str = OCI_INDEX, mark: str = ""
    ) -> str:
        """Add an index for these platforms, and return its digest."""
        entries = [
            {"digest": digest_of(each.encode()), "platform": dict(zip(PARTS, each.split("/"), strict=False))}
            for each in platforms
        ]
        body = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries, "mark": mark}
        return self.push(repository, tag, media_type, body)

    def image(
        self, repository: str, tag: str, platform: str = "linux/amd64", media_type: str = OCI_IMAGE
    ) -> str:
        """Add an image of one platform, and return its digest."""
        config = json.dumps(dict(zip(PARTS, platform.split("/"), strict=False))).encode()
        self.blobs[digest_of(config)] = config
        body = {"schemaVersion": 2, "mediaType": media_type, "config": {"digest": digest_of(config)}}
        return self.push(repository, tag, media_type, {**body, "layers": []})

    def push(self, repository: str, tag: str, media_type: str, body: Any) -> str:
        """Add a manifest, and return its digest."""
        text = json.dumps(body).encode()
        for reference in (tag, digest_of(text)):
            self.manifests[repository, reference] = (media_type, text)
        return digest_of(text)

    def methods(self) -> list[str]:
        """Return the method and path of each request about a repository."""
        return [f"{each.method} {each.path}" for each in self.asked if each.path != "/v2/"]

    def answer(self, asked: Asked) -> Said:
        """Return the answer to a request."""
        self.asked.append(asked)
        instead = self.instead.get(asked.path)
        said = instead(asked) if callable(instead) else instead
        if said is not None:
            return said
        if asked.path == "/token":
            return self._token(asked)
        refused = self._refused(asked)
        if refused is not None or asked.path == "/v2/":
            return refused or Said(body=b"{}")
        return self._content(asked.path)

    def _token(self, asked: Asked) -> Said:
        given = asked.headers.get("authorization", "")
        if self.user and given != f"Basic {encoded(self.user)}":
            return Said(401, body=b'{"errors": [{"code": "UNAUTHORIZED"}]}')
        token = f"token-for-{asked.query.get('scope', [''])[0]}"
        return Said(body=json.dumps({"token": token}).encode())

    def _refused(self, asked: Asked) -> Said | None:
        given = asked.headers.get("authorization", "")
        repository = asked.path.removeprefix("/v2/").partition("/manifests/")[0].partition("/blobs/")[0]
        scope = f"repository:{repository}:pull"
        match self.auth:
            case "bearer" if given != f"Bearer token-for-{scope}":
                realm = f'Bearer realm="{self.url}/token",service="test",scope="{scope}"'
                return Said(401, {"WWW-Authenticate": realm})
            case "basic" if given != f"Basic {encoded(self.user)}":
                return Said(401, {"WWW-Authenticate": 'Basic realm="a registry"'})
            case _:
                return None

    def _content(self, path: str) -> Said:
        repository, _, reference = path.removeprefix("/v2/").partition("/manifests/")
        if (repository, reference) in self.manifests:
            media_type, body = self.manifests[repository, reference]
            return Said(200, {"Content-Type": media_type, "Docker-Content-Digest": digest_of(body)}, body)
        digest = path.rpartition("/blobs/")[2]
        if digest in self.blobs:
            return Said(200, {"Content-Type": "application/octet-stream"}, self.blobs[digest])
        return Said(404, {"Content-Type": "application/json"}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')


PARTS = ("os", "architecture", "variant")


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def encoded(user: str) -> str:
    return base64.b64encode(user.encode()).decode()


@contextmanager
def listening(registry: Registry | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Registry]:
    """Have a registry listen, with these certificates if there are any."""
    made = registry or Registry()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0))).decode()
            said = made.answer(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body)

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of a client that does not trust the certificate."""

    server = Server(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    if tls is not None:
        made.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
