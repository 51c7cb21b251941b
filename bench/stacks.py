"""A CloudFormation over HTTP that has one stack and its exports, and counts its calls."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


@contextmanager
def stacks(outputs: Mapping[str, str], exports: Mapping[str, str]) -> Iterator[tuple[str, Counter[str]]]:
    """Serve a stack with these outputs, and exports; give the URL and how often each operation was called."""
    calls: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            operation = dict(parse_qsl(body))["Action"]
            calls[operation] += 1
            answer = _answer(operation, outputs, exports).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", calls
        finally:
            server.shutdown()
            thread.join()


def _answer(operation: str, outputs: Mapping[str, str], exports: Mapping[str, str]) -> str:
    match operation:
        case "DescribeStacks":
            listed = _members({"OutputKey": key, "OutputValue": value} for key, value in outputs.items())
            status = "<StackStatus>CREATE_COMPLETE</StackStatus>"
            result = f"<Stacks><member>{status}<Outputs>{listed}</Outputs></member></Stacks>"
        case "ListExports":
            listed = _members({"Name": key, "Value": value} for key, value in exports.items())
            result = f"<Exports>{listed}</Exports>"
        case other:
            raise ValueError(other)
    return f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"


def _members(items: Iterable[Mapping[str, str]]) -> str:
    return "".join(
        f"<member>{''.join(f'<{name}>{value}</{name}>' for name, value in each.items())}</member>"
        for each in items
    )
