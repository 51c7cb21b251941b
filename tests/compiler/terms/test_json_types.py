"""Typed access to JSON documents: a value of the right type, an empty one if it is missing, or TypeError."""

from collections.abc import Callable

import pytest

from ecsplan.terms.json_types import (
    Document,
    Json,
    flag,
    integer,
    items,
    mapping,
    mappings,
    name_of,
    number,
    optional_text,
    text,
    texts,
)

Access = Callable[[Document, str], object]


@pytest.mark.parametrize(
    ("access", "value"),
    [
        (text, "a"),
        (text, ""),
        (optional_text, "a"),
        (optional_text, None),
        (integer, 3),
        (integer, 3.0),
        (number, 3),
        (number, 0.5),
        (flag, False),
        (items, ["a", 1, None]),
        (texts, ["a", "b"]),
        (mapping, {"a": 1}),
        (mappings, [{"a": 1}, {}]),
    ],
)
def test_returns_a_member_of_the_type(access: Access, value: Json) -> None:
    assert access({"member": value}, "member") == value


@pytest.mark.parametrize(
    ("access", "empty"),
    [(text, ""), (optional_text, None), (items, ()), (texts, []), (mapping, {}), (mappings, [])],
)
def test_returns_an_empty_value_for_a_missing_member(access: Access, empty: object) -> None:
    assert access({"other": 1}, "member") == empty


@pytest.mark.parametrize(
    ("access", "value"),
    [
        (text, None),
        (text, 1),
        (optional_text, 1),
        (integer, True),
        (integer, 1.5),
        (integer, "1"),
        (number, True),
        (number, "1"),
        (flag, 1),
        (flag, "true"),
        (items, "secret"),
        (items, {"secret": 1}),
        (items, None),
        (texts, ["a", 1]),
        (mapping, []),
        (mapping, None),
        (mappings, [{}, "secret"]),
        (mappings, {"secret": {}}),
    ],
)
def test_refuses_a_member_of_another_type_without_its_value(access: Access, value: Json) -> None:
    with pytest.raises(TypeError, match=r"^member is of type \w+$") as raised:
        access({"member": value}, "member")

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("item", "name"), [({"name": "web"}, "web"), ({}, ""), ({"name": None}, ""), ({"name": ["web"]}, "")]
)
def test_the_name_of_an_item_is_a_string(item: Document, name: str) -> None:
    assert name_of(item) == name
