"""A proxy on loopback that inspects TLS, as those of companies do: it has a certificate of its own for AWS.

Behind it is an endpoint that stands in for AWS, whatever host a client asks for.
"""

import http.client
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class InspectingProxy(ThreadingHTTPServer):
    """A proxy that asks for a user name and password.

    Attributes:
        endpoint: Host and port of what stands in for AWS.
        tls: What it needs to speak TLS for AWS.
        login: The value of `Proxy-Authorization` that it lets through.
        hosts: Whom clients have asked for.
    """

    daemon_threads = True

    def __init__(self, endpoint: str, tls: ssl.SSLContext, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = urlsplit(endpoint).netloc
        self.tls = tls
        self.login = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self.hosts: set[str] = set()


class _Handler(BaseHTTPRequestHandler):
    server: InspectingProxy
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        self.server.hosts.add(self.path)
        allowed = self.headers.get("Proxy-Authorization") == self.server.login
        self.send_response(200 if allowed else 407)
        if not allowed:
            self.send_header("Content-Length", "0")
        self.end_headers()
        self.close_connection = not allowed
        if allowed:
            self._speak_tls()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        connection = http.client.HTTPConnection(self.server.endpoint, timeout=30)
        try:
            connection.request("POST", self.path, body, kept)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"date", "server", "content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _speak_tls(self) -> None:
        try:
            self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        except OSError:  # the client does not trust the certificate
            self.close_connection = True
            return
        # What follows on this connection is read and answered through TLS.
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def inspecting_proxy(
    endpoint: str, tls: ssl.SSLContext, *, user: str, password: str
) -> Iterator[InspectingProxy]:
    """Run such a proxy for as long as the block lasts."""
    with InspectingProxy(endpoint, tls, user, password) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()
