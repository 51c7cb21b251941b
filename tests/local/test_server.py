"""The server: who may speak, what it binds, odd requests, and an end that leaves nothing open."""

import http.client
import json
import socket
import threading

import pytest
from local_tasks import MakeClient, MakeEndpoint, Post

from ecsplan_local import Endpoint, LocalError, ScriptedClock, run_foreground, serve

ECS = "AmazonEC2ContainerServiceV20141113."


def address(endpoint: Endpoint) -> tuple[str, int]:
    host, port = endpoint.url.removeprefix("http://").split(":")
    return host, int(port)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("127.0.0.1:{port}", 200, id="its address"),
        pytest.param("localhost:{port}", 200, id="its name"),
        pytest.param("LOCALHOST", 200, id="another case"),
        pytest.param("localhost:1", 200, id="a forwarded port"),
        pytest.param("[::1]:{port}", 200, id="IPv6"),
        pytest.param("evil.example:{port}", 403, id="a name that resolves to loopback"),
        pytest.param("localhost.evil.example", 403, id="a name that begins alike"),
        pytest.param("10.0.0.1", 403, id="another address"),
        pytest.param("", 403, id="none"),
    ],
)
def test_host(start: MakeEndpoint, post: Post, host: str, status: int) -> None:
    endpoint = start()

    answer = post(endpoint, f"{ECS}ListClusters", Host=host.format(port=address(endpoint)[1]))

    assert answer[0] == status


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
def test_origin(start: MakeEndpoint, post: Post, origin: str) -> None:
    endpoint = start(record=True)

    status, _ = post(endpoint, f"{ECS}CreateCluster", b'{"clusterName": "made"}', Origin=origin)

    assert status == 403
    assert endpoint.calls() == ()


@pytest.mark.parametrize(("site", "status"), [("none", 200), ("cross-site", 403), ("same-site", 403)])
def test_request_of_a_page_without_origin(start: MakeEndpoint, post: Post, site: str, status: int) -> None:
    assert post(start(), f"{ECS}ListClusters", Sec_Fetch_Site=site)[0] == status


def test_binds_loopback_only(start: MakeEndpoint) -> None:
    host, port = address(start())

    assert host == "127.0.0.1"
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))


def test_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            LocalError, match=f"port {port} of 127.0.0.1 cannot be used: Address already in use"
        ):
            serve(runner="scripted", port=port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_port_out_of_range(port: int) -> None:
    with pytest.raises(LocalError, match="cannot be used"):
        serve(runner="scripted", port=port)


def test_unknown_runner() -> None:
    with pytest.raises(
        LocalError, match="'magic' is not a runner; choose one of auto, podman, docker, process"
    ):
        serve(runner="magic")


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        pytest.param("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"", 404, id="no operation"),
        pytest.param(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"", 413, id="length"
        ),
        pytest.param(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
            b"",
            413,
            id="too long",
        ),
        pytest.param(
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"0\r\n\r\n",
            413,
            id="chunked",
        ),
        pytest.param(
            f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {'9' * 5000}\r\n\r\n",
            b"",
            413,
            id="a length of 5000 digits",
        ),
        pytest.param("nonsense\r\n\r\n", b"", 400, id="no HTTP"),
        pytest.param("BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"", 404, id="method"),
    ],
)
def test_odd_requests(
    start: MakeEndpoint, capfd: pytest.CaptureFixture[str], head: str, body: bytes, status: int
) -> None:
    endpoint = start()

    with socket.create_connection(address(endpoint)) as connection:
        connection.sendall(head.encode() + body)
        answer = connection.recv(4096).decode()

    assert str(status) in answer.split("\r\n")[0]
    assert capfd.readouterr() == ("", "")


def test_a_request_whose_client_has_gone_halfway_does_nothing(
    start: MakeEndpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    endpoint = start(record=True)
    target = f"X-Amz-Target: {ECS}CreateCluster"

    with socket.create_connection(address(endpoint)) as connection:
        connection.sendall(
            f"POST / HTTP/1.1\r\nHost: localhost\r\n{target}\r\nContent-Length: 50\r\n\r\n".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)

    assert answer == b""
    assert endpoint.calls() == ()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"1", id="a number"),
        pytest.param(b'{"cluster": {"a": 1}}', id="map for a string"),
        pytest.param(b'{"maxResults": -1, "tasks": "abc"}', id="string for a list"),
        pytest.param(b'{"cluster": "\\ud800", "sort": "\\ud800"}', id="half a character"),
        pytest.param(
            b'{"maxResults": 1' + b"0" * 30 + b', "tasks": [], "count": 1' + b"0" * 30 + b"}", id="huge"
        ),
        pytest.param(b'{"nextToken": "' + b"9" * 5000 + b'"}', id="a token of 5000 digits"),
    ],
)
@pytest.mark.parametrize(
    "operation", ["ListTasks", "DescribeTasks", "RunTask", "StopTask", "ListTaskDefinitions"]
)
def test_bad_bodies_are_answered(
    start: MakeEndpoint, post: Post, capfd: pytest.CaptureFixture[str], operation: str, body: bytes
) -> None:
    status, answer = post(start(), f"{ECS}{operation}", body)

    assert status == 400
    assert answer["__type"] in {"SerializationException", "ClientException", "InvalidParameterException"}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "form",
    [
        "Action=DescribeVpcs&Version=2016-11-15&VpcId.1.a=x&Filter.1=y&MaxResults.a=5",
        "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name.a=vpc-id",
        f"Action=DescribeVpcs&Version=2016-11-15&MaxResults={'9' * 5000}",
        f"Action=DescribeVpcs&Version=2016-11-15&NextToken={'9' * 5000}",
        f"Action=DescribeVpcs&Version=2016-11-15&VpcId.\N{SUPERSCRIPT TWO}=x&VpcId.{'9' * 5000}=y&VpcId.1=z",
        "Action=AssumeRole&Version=2011-06-15&RoleArn.a=x&RoleArn=y",
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::000000000000:role/r",
        "Action=&Version=2011-06-15",
        "Action=GetCallerIdentity",
    ],
)
def test_odd_forms_are_answered(start: MakeEndpoint, capfd: pytest.CaptureFixture[str], form: str) -> None:
    connection = http.client.HTTPConnection(*address(start()))
    connection.request(
        "POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    )
    response = connection.getresponse()
    body = response.read()
    connection.close()

    assert response.status == 400
    assert b"<Code>" in body
    assert capfd.readouterr() == ("", "")


def test_the_date_is_that_of_the_endpoints_clock(start: MakeEndpoint) -> None:
    connection = http.client.HTTPConnection(*address(start(clock=ScriptedClock(1_700_000_000.0))))
    connection.request("POST", "/", b"{}", {"X-Amz-Target": f"{ECS}ListClusters"})
    response = connection.getresponse()
    response.read()
    connection.close()

    assert response.getheader("Date") == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_connections_are_kept_open(start: MakeEndpoint) -> None:
    host, port = address(start())
    connection = http.client.HTTPConnection(host, port)
    sockets = []
    for _ in range(3):
        connection.request("POST", "/", b"{}", {"X-Amz-Target": f"{ECS}ListClusters"})
        assert json.loads(connection.getresponse().read())["clusterArns"]
        sockets.append(connection.sock)
    connection.close()

    assert len(set(sockets)) == 1


def test_close_ends_threads_and_frees_the_port(client: MakeClient) -> None:
    before = set(threading.enumerate())
    endpoint = serve(runner="process")
    client(endpoint).list_clusters()
    host, port = address(endpoint)

    endpoint.close()
    endpoint.close()

    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect((host, port))
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before


def test_foreground_serves_until_told(client: MakeClient) -> None:
    until, seen = threading.Event(), []

    def started(endpoint: Endpoint) -> None:
        seen.append(client(endpoint).list_clusters()["clusterArns"])
        until.set()

    run_foreground(port=0, state=None, runner="process", reset=False, started=started, until=until)

    assert seen == [["arn:aws:ecs:us-east-1:000000000000:cluster/default"]]
