"""An EC2 over HTTP that knows VPCs and their subnets only, and answers in pages."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

PAGE = 7
"""Subnets of one answer: too few for a VPC of the tests."""

Zones = Mapping[str, Sequence[str]]
"""The availability zones of a VPC -> the subnets in each."""


@contextmanager
def ec2_network(vpcs: Mapping[str, Zones], default: str | None) -> Iterator[tuple[str, list[str]]]:
    """Serve these VPCs; give the endpoint's URL, and the operations that it was asked for, as they come.

    Args:
        vpcs: VPC id -> its subnets by zone.
        default: The default VPC, or None where the account has none.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = dict(parse_qsl(body))
            asked.append(query["Action"])
            status, answer = _answer(query, vpcs, default)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def _answer(query: Mapping[str, str], vpcs: Mapping[str, Zones], default: str | None) -> tuple[int, bytes]:
    operation, wanted = query["Action"], query.get("Filter.1.Value.1", "")
    if operation == "DescribeVpcs":
        named = query.get("VpcId.1", default if query.get("Filter.1.Name") == "isDefault" else None)
        if named is not None and named not in vpcs:
            text = f"The vpc ID '{named}' does not exist"
            return 400, (
                "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>"
                f"<Message>{text}</Message></Error></Errors></Response>"
            ).encode()
        items = f"<item><vpcId>{named}</vpcId></item>" if named else ""
        return 200, f"<DescribeVpcsResponse><vpcSet>{items}</vpcSet></DescribeVpcsResponse>".encode()
    subnets = [(zone, name) for zone, names in vpcs.get(wanted, {}).items() for name in names]
    start = int(query.get("NextToken", "0"))
    shown = "".join(
        f"<item><subnetId>{name}</subnetId><availabilityZone>{zone}</availabilityZone></item>"
        for zone, name in subnets[start : start + PAGE]
    )
    more = f"<nextToken>{start + PAGE}</nextToken>" if start + PAGE < len(subnets) else ""
    return 200, (
        f"<DescribeSubnetsResponse><subnetSet>{shown}</subnetSet>{more}</DescribeSubnetsResponse>"
    ).encode()
