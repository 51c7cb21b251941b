"""The proxy does what the campaign believes of it: passes on, corrupts the ordered answers, counts, hides."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from campaign.corruptions import CORRUPTIONS, DEEP, JSON_TYPE
from campaign.proxy import Order, Proxy
from campaign.scenarios import SCENARIOS
from campaign.world import World

from ecsplan_local import Endpoint, ScriptedClock, serve

BY_NAME = {each.name: each for each in CORRUPTIONS}
JOB = {"family": "proxied", "containerDefinitions": [{"name": "main", "image": "alpine", "memory": 64}]}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serve(runner="scripted", clock=ScriptedClock(), record=True) as made:
        yield made


@pytest.fixture
def proxy(endpoint: Endpoint) -> Iterator[Proxy]:
    made = Proxy(endpoint, endpoint.clock.now, hold_s=1.0)
    yield made
    made.close()


def ask(proxy: Proxy, operation: str, **request: object) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer, on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=60)
    prefix = "Logs_20140328" if operation.startswith("Get") else "AmazonEC2ContainerServiceV20141113"
    headers = {"X-Amz-Target": f"{prefix}.{operation}", "Content-Type": JSON_TYPE}
    try:
        connection.request("POST", "/", json.dumps(request), headers)
        with connection.getresponse() as response:
            return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_passes_on_with_the_endpoints_time(proxy: Proxy) -> None:
    status, headers, body = ask(proxy, "RegisterTaskDefinition", **JOB)

    assert status == 200
    assert headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert json.loads(body)["taskDefinition"]["revision"] == 1


@pytest.mark.parametrize(("effect", "revisions"), [("before", 0), ("after", 1)])
def test_side_of_the_effect(proxy: Proxy, effect: str, revisions: int) -> None:
    proxy.reset(Order(BY_NAME["HTML with 403"], "RegisterTaskDefinition", 1, effect))

    status, _, body = ask(proxy, "RegisterTaskDefinition", **JOB)

    listed = json.loads(ask(proxy, "ListTaskDefinitions", familyPrefix="proxied")[2])
    assert (status, body[:9]) == (403, b"<!DOCTYPE")
    assert len(listed["taskDefinitionArns"]) == revisions
    assert len(proxy.corrupted) == 1


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("reset", ConnectionResetError),
        ("reset within the headers", ConnectionResetError),
        ("closed without an answer", http.client.RemoteDisconnected),
        ("late", http.client.RemoteDisconnected),
        ("stalled in the middle", http.client.IncompleteRead),
        ("not HTTP", http.client.BadStatusLine),
        ("content-length too long", http.client.IncompleteRead),
        ("broken chunk", (http.client.IncompleteRead, ValueError)),
    ],
)
def test_broken_on_the_wire(proxy: Proxy, name: str, error: type[Exception]) -> None:
    proxy.reset(Order(BY_NAME[name], "ListTasks", 1, "after"))

    with pytest.raises(error):
        ask(proxy, "ListTasks")

    assert ask(proxy, "ListTasks")[0] == 200


@pytest.mark.parametrize("name", ["truncated JSON", "content-length too short", "bytes that are no text"])
def test_body_that_no_parser_reads(proxy: Proxy, name: str) -> None:
    proxy.reset(Order(BY_NAME[name], "ListTasks", 1, "after"))

    _, _, body = ask(proxy, "ListTasks")

    with pytest.raises(ValueError, match=r"line|decode"):
        json.loads(body)


def test_nested_deep(proxy: Proxy) -> None:
    proxy.reset(Order(BY_NAME["JSON nested deep"], "ListTasks", 1, "before"))

    assert ask(proxy, "ListTasks")[2].count(b"[") == DEEP


def test_counts_only_what_was_asked_with_a_token(proxy: Proxy) -> None:
    proxy.reset(Order(BY_NAME["refused nextToken"], "GetLogEvents", 2, "before"))
    stream = {"logGroupName": "g", "logStreamName": "s"}
    asked = [stream, stream, stream | {"nextToken": "f/1"}, stream | {"nextToken": "f/2"}]

    bodies = [ask(proxy, "GetLogEvents", **each)[2] for each in asked]

    assert [b"The specified nextToken is invalid." in each for each in bodies] == [False, False, False, True]


def test_from_a_call_on(proxy: Proxy) -> None:
    proxy.reset(Order(BY_NAME["empty 403"], "*", 2, "before", 10))

    statuses = [ask(proxy, each)[0] for each in ("ListTasks", "ListClusters", "ListTasks")]

    assert statuses == [200, 403, 403]


def test_new_tasks_are_hidden(world: World) -> None:
    family = world.fresh_family("hidden")
    request = world.prepare(SCENARIOS[1], family).jobs[0].run_request
    world.proxy.reset(lag_s=2.0)
    started = ask(world.proxy, "RunTask", **request)
    arn = json.loads(started[2])["tasks"][0]["taskArn"]

    def seen() -> tuple[list[str], list[str]]:
        described = json.loads(ask(world.proxy, "DescribeTasks", tasks=[arn])[2])
        listed = json.loads(ask(world.proxy, "ListTasks", family=family)[2])
        return listed["taskArns"], [each["reason"] for each in described["failures"]]

    hidden = seen()
    world.time.advance(2.5)

    assert hidden == ([], ["MISSING"])
    assert seen() == ([arn], [])
    world.proxy.reset()
