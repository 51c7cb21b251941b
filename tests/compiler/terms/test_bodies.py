"""Accessors of JSON bodies: a value of the documented type, and an empty one for every other."""

from collections.abc import Callable

import pytest

from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, as_pairs, as_text, as_texts

NOT_A_LIST = (None, "ab", 7, True, 1.5, {"a": 1})


@pytest.mark.parametrize("value", [None, "ab", 7, True, ["a"], ()], ids=repr)
def test_what_is_no_mapping_is_empty(value: object) -> None:
    assert as_mapping(value) == {}


@pytest.mark.parametrize("read", [as_list, as_mappings, as_texts, lambda value: as_pairs(value, "key")])
@pytest.mark.parametrize("value", NOT_A_LIST, ids=repr)
def test_what_is_no_list_is_empty(read: Callable[[object], object], value: object) -> None:
    assert read(value) == ()


@pytest.mark.parametrize("kind", [list, tuple])
def test_items_of_another_type_are_left_out(kind: Callable[[object], object]) -> None:
    value = kind([{"a": 1}, "text", None, 7, ["b"], {"c": 2}, ""])

    assert as_mappings(value) == ({"a": 1}, {"c": 2})
    assert as_texts(value) == ("text", "")


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("", None), (None, None), (7, None), (True, None), (["a"], None)]
)
def test_text(value: object, text: str | None) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("name", "items", "pairs"),
    [
        ("key", [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], (("a", "1"), ("a", "2"))),
        ("name", [{"name": "b", "value": "1"}, {"key": "a", "value": "2"}], (("b", "1"), ("", "2"))),
        ("key", [{"key": "a"}, "text", None], (("a", ""),)),
        ("key", [{"key": 1, "value": True}], (("1", "True"),)),
    ],
    ids=["in order", "by another name", "what is missing", "not texts"],
)
def test_pairs(name: str, items: object, pairs: tuple[tuple[str, str], ...]) -> None:
    assert as_pairs(items, name) == pairs
