"""What jsonschema is shown: the same document, each value of which is described in a few characters."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ecsplan.schema.check import SCHEMA_OF, violations
from ecsplan.schema.files import bare_schema
from ecsplan.schema.views import viewed

MANY = 3000
HOSTILE = {
    "a long text": "x" * 10**6,
    "a number of 5,000 digits": 10**5000,
    "a negative one": -(10**5000),
    "a long list": ["x"] * MANY,
    "a list of wrong items": [1] * MANY,
    "a list of long numbers": [10**5000] * 3,
    "a large mapping": {f"key{number}": number for number in range(MANY)},
    "a mapping of large mappings": {f"key{number}": {"x" * 1000: "y" * 1000} for number in range(100)},
    "not a number": math.nan,
    "infinite": [math.inf, -math.inf],
}
PLACES: dict[str, Callable[[object], object]] = {
    "the job": lambda value: value,
    "a text": lambda value: {"image": value},
    "one of three types": lambda value: {"command": value, "cpu": value, "env": value},
    "variables": lambda value: {"env": {"A": value}},
    "an enum": lambda value: {"launch_type": value},
    "a condition": lambda value: {"network_configuration": value},
    "an unknown key": lambda value: {"imag": value},
    "a container": lambda value: {"task_definition": {"containerDefinitions": [{"name": "a", "cpu": value}]}},
    "an operation": lambda value: {"task_customizations": [{"op": value, "path": value, "value": value}]},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", HOSTILE)
def test_no_message_grows_with_the_document(place: str, value: str) -> None:
    document = PLACES[place](HOSTILE[value])
    errors = Draft202012Validator(bare_schema(SCHEMA_OF["job"])).iter_errors(viewed(document))

    for error in errors:
        # Keys are shown as they are, and the one message about all that are unknown lists them.
        assert len(error.message) < 1000 or error.validator == "additionalProperties"
    for violation in violations(document, part="job"):
        assert len(violation.message) < 700
        assert len(violation.help) < 2000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_a_view_is_equal_to_what_it_shows(document: Any) -> None:
    assert viewed(document) == document


@pytest.mark.parametrize("value", ["x" * 200, 10**100, -(10**100)])
def test_a_long_value_is_itself_under_another_description(value: Any) -> None:
    view = viewed([value])

    assert view == [value]
    assert len(repr(view[0])) < 10


def test_a_view_of_any_depth() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]

    view = viewed(deep)

    depth = 0
    while isinstance(view, list):
        (view,), depth = view, depth + 1
    assert (view, depth) == ("x", 100_000)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, object(), b"x"])
def test_what_json_does_not_have_is_of_no_type(value: Any) -> None:
    validator = Draft202012Validator({"type": ["string", "number", "boolean", "null", "array", "object"]})

    assert not validator.is_valid(viewed(value))
    assert Draft202012Validator({}).is_valid(viewed(value))
