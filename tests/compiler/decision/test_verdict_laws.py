"""Laws of the verdict: a revision is registered beside a live one exactly where DeepDiff finds a change."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import TESTS

from ecsplan.decision.canonical import canonical, json_text, owner_of
from ecsplan.decision.compare import compare, describe
from ecsplan.decision.decide_revision import Register, Reuse, decide

CORPUS = [json.loads(path.read_text("utf-8")) for path in sorted((TESTS / "corpus").glob("*.json"))]
DEFINITIONS = [
    *(each["desired"] for each in CORPUS if isinstance(each.get("desired"), dict)),
    {
        "family": "mill",
        "containerDefinitions": [
            {
                "name": "app",
                "command": ["a", "b"],
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "secrets": [{"name": "S", "valueFrom": "s"}],
                "links": ["x", "y"],
                "portMappings": [{"containerPort": 80}, {"containerPort": 81, "protocol": "udp"}],
                "mountPoints": [{"sourceVolume": "v", "containerPath": "/v", "readOnly": True}],
                "linuxParameters": {
                    "capabilities": {"add": ["A", "B"]},
                    "devices": [
                        {"hostPath": "a-b", "containerPath": "c"},
                        {"hostPath": "a", "containerPath": "b-c"},
                    ],
                },
                "dockerLabels": {"a": "1", "__b": "2"},
                "essential": True,
            }
        ],
        "volumes": [{"name": "v", "host": {"sourcePath": "/v"}}],
        "tomorrow": {"list": [1, 2], "map": {"a": 1}},
    },
]
NAMES = [
    "name",
    "value",
    "A",
    "B",
    "S",
    "app",
    "__b",
    "a (2)",
    "A (2)",
    "tomorrow",
    "cpu",
    "essential",
    "a/b",
]
VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, 2, 1.0, 0.5, -0.0, 10**400, "", "1", "true", "A", "B", "S", "a-b"]
    )
    | st.sampled_from(['["a","b"]', '["x"]', "{}", "[]", "{'x': 1}", "80-tcp", "a (2)", "A\nB", "A\nC"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        | st.builds(lambda name, value: {"name": name, "value": value}, inner, inner)
    ),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from places(data[key], (*path, key))


@st.composite
def edited(draw: st.DrawFn, document: Any) -> Any:
    """Return a document with values replaced, added, repeated, reordered and taken out, of whatever type."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(places(document))))
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        there = holder[path[-1]]
        match draw(st.sampled_from(["replace", "add", "remove", "repeat", "reverse", "map"])), there:
            case "add", list():
                there.append(draw(VALUES))
            case "add", dict():
                there[draw(st.sampled_from(NAMES))] = draw(VALUES)
            case "remove", _ if path != ("containerDefinitions",):
                del holder[path[-1]]
            case "repeat", list():
                there += copy.deepcopy(there)
            case "reverse", list():
                there.reverse()
            case "map", list():
                # The list as a mapping of its names: what a careless reading would take for the same.
                pairs = [each for each in there if isinstance(each, dict)]
                holder[path[-1]] = {str(each.get("name")): each.get("value") for each in pairs}
            case _:
                holder[path[-1]] = draw(VALUES)
    return document


MIXED = st.sampled_from(DEFINITIONS[:-1]) | st.just(DEFINITIONS[-1])
PAIRS = MIXED.flatmap(lambda each: st.tuples(edited(each), edited(each)))
LAW = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(PAIRS)
def test_a_revision_is_registered_exactly_where_there_are_changes(pair: tuple[Any, Any]) -> None:
    desired, live = pair

    decision = decide(desired, live)

    assert isinstance(decision, Register) == bool(decision.changes)
    assert decision.changes == compare(desired, live)


@LAW
@given(PAIRS)
def test_deepdiff_finds_a_difference_exactly_where_the_texts_differ(pair: tuple[Any, Any]) -> None:
    """So nothing is lost where it is not asked, and its verdict is that of the texts where it is."""
    desired, live = pair
    owner = owner_of(live)
    wanted, found = canonical(desired, owner=owner), canonical(live, owner=owner)

    assert bool(describe(wanted, found)) == (json_text(wanted) != json_text(found))


def container(**members: Any) -> dict[str, Any]:
    return {"family": "mill", "containerDefinitions": [{"name": "app", **members}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(container(command=["a", "b"]), container(command=["b", "a"]), id="order that counts"),
        pytest.param(container(command=["a"]), container(command='["a"]'), id="a list and its text"),
        pytest.param(
            container(environment=[{"name": "A", "value": "1"}]),
            container(environment={"A": "1"}),
            id="a list of pairs and a mapping",
        ),
        pytest.param(
            container(links=["a", "a (2)"]), container(links=["a"]), id="a name that looks numbered"
        ),
        pytest.param(
            container(secrets=[{"name": "S", "valueFrom": "a"}, {"name": "S", "valueFrom": "b"}]),
            container(secrets=[{"name": "S", "valueFrom": "a"}, {"name": "S (2)", "valueFrom": "b"}]),
            id="a second item of a name and a name that looks so",
        ),
        pytest.param(
            container(environment=[{"name": {"x": 1}, "value": "1"}]),
            container(environment=[{"name": "{'x': 1}", "value": "1"}]),
            id="a name and its rendering",
        ),
        pytest.param({**container(), "tomorrow": 1}, {**container(), "tomorrow": True}, id="1 and true"),
        pytest.param({**container(), "tomorrow": 1}, {**container(), "tomorrow": "1"}, id="1 and its text"),
        pytest.param({**container(), "tomorrow": [1]}, {**container(), "tomorrow": [True]}, id="in a list"),
        pytest.param({**container(), "tomorrow": [None]}, {**container(), "tomorrow": [[]]}, id="empties"),
    ],
)
def test_what_only_looks_the_same(one: Any, other: Any) -> None:
    for desired, live in ((one, other), (other, one)):
        decision = decide(desired, live)

        assert isinstance(decision, Register)
        assert decision.changes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({**container(), "tomorrow": 1}, {**container(), "tomorrow": 1.0}, id="1 and 1.0"),
        pytest.param(container(cpu=1), container(cpu="1"), id="a number that ECS takes as text"),
        pytest.param(container(links=["a", "b"]), container(links=["b", "a"]), id="order that means nothing"),
        pytest.param(container(privileged=False), container(), id="a flag that is off"),
    ],
)
def test_what_only_looks_different(one: Any, other: Any) -> None:
    for desired, live in ((one, other), (other, one)):
        assert decide(desired, live) == Reuse(None)


def test_a_list_that_turns_into_something_else_is_shown_whole() -> None:
    [change] = compare(
        container(environment={"A": "1"}), container(environment=[{"name": "A", "value": "1"}])
    )

    assert change.to_json() == {
        "op": "replace",
        "path": "/containerDefinitions/app/environment",
        "from": [{"name": "A", "value": "1"}],
        "to": {"A": "1"},
    }


def test_a_mapping_in_place_of_a_missing_list_is_added() -> None:
    [change] = compare(container(environment={"A": "1"}), container())

    assert (change.op, change.before, change.after) == ("add", None, {"A": "1"})
