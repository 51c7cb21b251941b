"""Differences: their paths, their values, their masks."""

import copy
import json
from typing import Any

import pytest

from ecsplan.decision.compare import Change, Op, compare

Json = Any


def task(**container: Json) -> dict[str, Json]:
    return {"family": "mill", "containerDefinitions": [{"name": "web", "image": "web:1", **container}]}


def environment(**variables: str) -> dict[str, Json]:
    return task(environment=[{"name": name, "value": value} for name, value in variables.items()])


@pytest.mark.parametrize(
    ("live", "desired", "expected"),
    [
        pytest.param(task(), task(image="web:2"), [("replace", "image", "web:1", "web:2")], id="a value"),
        pytest.param(task(), task(user="0"), [("add", "user", None, "0")], id="a value more"),
        pytest.param(task(user="0"), task(), [("remove", "user", "0", None)], id="a value less"),
        pytest.param(
            task(), task(privileged=True), [("replace", "privileged", False, True)], id="a silent flag"
        ),
        pytest.param(
            task(healthCheck={"command": ["CMD", "x"]}),
            task(healthCheck={"command": ["CMD", "x"], "interval": 60}),
            [("replace", "healthCheck/interval", 30, 60)],
            id="a silent default",
        ),
        pytest.param(
            environment(MODE="test", GONE="x"),
            environment(MODE="prod", FRESH=""),
            [
                ("add", "environment/FRESH", None, ""),
                ("replace", "environment/MODE", "test", "prod"),
                ("remove", "environment/GONE", "x", None),
            ],
            id="variables",
        ),
        pytest.param(
            task(),
            environment(MODE="prod"),
            [("add", "environment/MODE", None, "prod")],
            id="the first variable",
        ),
        pytest.param(
            environment(MODE="prod"),
            task(),
            [("remove", "environment/MODE", "prod", None)],
            id="the last variable",
        ),
        pytest.param(
            environment(__MODE="test"),
            environment(__MODE="prod"),
            [("replace", "environment/__MODE", "test", "prod")],
            id="a name with underscores before it",
        ),
        pytest.param(
            task(command=["a", "b"]),
            task(command=["b", "a", "c"]),
            [("replace", "command", ["a", "b"], ["b", "a", "c"])],
            id="a list in which order counts",
        ),
        pytest.param(task(), task(command=["a"]), [("add", "command", None, ["a"])], id="such a list more"),
        pytest.param(
            task(portMappings=[{"containerPort": 80}]),
            task(
                portMappings=[
                    {"containerPort": 80, "hostPort": 8080},
                    {"containerPort": 53, "protocol": "udp"},
                ]
            ),
            [
                ("add", "portMappings/53-udp", None, {"containerPort": 53, "hostPort": 0, "protocol": "udp"}),
                ("replace", "portMappings/80-tcp/hostPort", 0, 8080),
            ],
            id="ports",
        ),
        pytest.param(
            task(mountPoints=[{"sourceVolume": "a", "containerPath": "/a/b"}]),
            task(mountPoints=[{"sourceVolume": "b", "containerPath": "/a/b"}]),
            [("replace", "mountPoints/~1a~1b/sourceVolume", "a", "b")],
            id="a mount point",
        ),
        pytest.param(
            task(dependsOn=[{"containerName": "db", "condition": "START"}]),
            task(dependsOn=[{"containerName": "db", "condition": "HEALTHY"}]),
            [("replace", "dependsOn/db", "START", "HEALTHY")],
            id="a dependency",
        ),
        pytest.param(
            task(ulimits=[{"name": "core", "softLimit": 0, "hardLimit": 0}]),
            task(ulimits=[{"name": "core", "softLimit": 0, "hardLimit": 9}]),
            [("replace", "ulimits/core/hardLimit", 0, 9)],
            id="a limit",
        ),
        pytest.param(
            task(systemControls=[{"namespace": "net.core.somaxconn", "value": "1"}]),
            task(systemControls=[{"namespace": "net.core.somaxconn", "value": "2"}]),
            [("replace", "systemControls/net.core.somaxconn", "1", "2")],
            id="a kernel setting",
        ),
        pytest.param(
            task(links=["db"]),
            task(links=["db", "cache"]),
            [("add", "links/cache", None, "cache")],
            id="a link",
        ),
        pytest.param(
            task(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "a"}}),
            task(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "b"}}),
            [("replace", "logConfiguration/options/awslogs-group", "a", "b")],
            id="a log option",
        ),
        pytest.param(
            task(linuxParameters={"capabilities": {"add": ["A"]}}),
            task(linuxParameters={"capabilities": {"add": ["B"]}}),
            [
                ("add", "linuxParameters/capabilities/add/B", None, "B"),
                ("remove", "linuxParameters/capabilities/add/A", "A", None),
            ],
            id="a capability",
        ),
        pytest.param(
            task(dockerLabels={"a.b/c~d": "1"}),
            task(dockerLabels={"a.b/c~d": "2"}),
            [("replace", "dockerLabels/a.b~1c~0d", "1", "2")],
            id="a name with a slash",
        ),
        pytest.param(
            task(resourceRequirements=[{"type": "InferenceAccelerator", "value": "a"}]),
            task(resourceRequirements=[{"type": "InferenceAccelerator", "value": each} for each in "ab"]),
            [
                (
                    "add",
                    "resourceRequirements/InferenceAccelerator (2)",
                    None,
                    {"type": "InferenceAccelerator", "value": "b"},
                )
            ],
            id="two of a name",
        ),
        pytest.param(
            task(tomorrow={"a": {"b": [1, {"c": 2}]}}),
            task(tomorrow={"a": {"b": [1, {"c": 3}]}}),
            [("replace", "tomorrow/a/b", [1, {"c": 2}], [1, {"c": 3}])],
            id="a member that nobody knows",
        ),
    ],
)
def test_differences_within_a_container(
    live: Json, desired: Json, expected: list[tuple[Op, str, Json, Json]]
) -> None:
    before = copy.deepcopy((desired, live))

    found = compare(desired, live)

    at = "/containerDefinitions/web/"
    assert sorted(found, key=lambda each: each.path) == list(found)
    assert {_key(each) for each in found} == {
        _key(Change(op, at + path, old, new)) for op, path, old, new in expected
    }
    assert (desired, live) == before


def _key(change: Change) -> str:
    return json.dumps(change.to_json(), sort_keys=True)


def test_containers_and_volumes_go_by_name() -> None:
    live = {**task(), "volumes": [{"name": "b"}, {"name": "a", "host": {"sourcePath": "/a"}}]}
    desired = {
        "family": "mill",
        "containerDefinitions": [{"name": "log", "image": "log:1"}, {"name": "web", "image": "web:2"}],
        "volumes": [{"name": "a", "host": {"sourcePath": "/b"}}, {"name": "b"}],
    }

    assert [(each.op, each.path) for each in compare(desired, live)] == [
        ("add", "/containerDefinitions/log"),
        ("replace", "/containerDefinitions/web/image"),
        ("replace", "/volumes/a/host/sourcePath"),
    ]


def test_a_container_more_is_shown_as_it_is_sent() -> None:
    desired = task(environment=[{"name": "MODE", "value": "prod"}], secrets=[{"name": "A", "valueFrom": "a"}])
    live = {"family": "mill", "containerDefinitions": []}

    (change,) = compare(desired, live)

    assert (change.op, change.path, change.before) == ("add", "/containerDefinitions/web", None)
    assert isinstance(change.after, dict)
    assert change.after["environment"] == [{"name": "MODE", "value": "prod"}]
    assert change.after["secrets"] == [{"name": "A", "valueFrom": "a"}]


def test_what_says_the_same_has_no_differences() -> None:
    assert compare(task(cpu=0, environment=[]), task()) == ()


def test_credentials_are_masked_wherever_they_stand() -> None:
    live = task(
        environment=[
            {"name": "DB_PASSWORD", "value": "p4ss-1"},
            {"name": "URL", "value": "https://u:p4ss-1@x"},
        ],
        command=["serve", "--token", "p4ss-1"],
        logConfiguration={"logDriver": "splunk", "options": {"splunk-token": "p4ss-1"}},
        dockerLabels={"api-key": "p4ss-1"},
        secrets=[{"name": "API_TOKEN", "valueFrom": "token-1"}],
    )
    desired = json.loads(json.dumps(live).replace("p4ss-1", "p4ss-2").replace("token-1", "token-2"))
    desired["containerDefinitions"].append(
        {"name": "log", "environment": [{"name": "TOKEN", "value": "p4ss-3"}]}
    )

    changes = compare(desired, live)

    assert "p4ss" not in repr(changes)
    assert [
        (each.path.removeprefix("/containerDefinitions/"), each.before, each.after) for each in changes[1:]
    ] == [
        ("web/command", ["serve", "--token", "***"], ["serve", "--token", "***"]),
        ("web/dockerLabels/api-key", "***", "***"),
        ("web/environment/DB_PASSWORD", "***", "***"),
        ("web/environment/URL", "***", "***"),
        ("web/logConfiguration/options/splunk-token", "***", "***"),
        ("web/secrets/API_TOKEN", "token-1", "token-2"),
    ]
    assert isinstance(changes[0].after, dict)
    assert changes[0].after["environment"] == [{"name": "TOKEN", "value": "***"}]


def test_a_change_reads_like_its_json() -> None:
    change = Change("replace", "/cpu", "256", "512")
    document = {"op": "replace", "path": "/cpu", "from": "256", "to": "512"}

    assert change.to_json() == document
    assert dict(change) == document
    assert change["from"] == "256"
    assert Change.from_json(document) == change
