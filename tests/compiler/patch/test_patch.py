"""RFC 6902 on plain data: what each operation does, and which operation does not fit."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patch_strategies import DOCUMENTS, VALUES, patches, pointers, value_at

from ecsplan.patch.apply import MAX_COPIED, MAX_DEPTH, BadOperation, Operation, PatchError, applied, malformed

DOCUMENT = {
    "family": "etl",
    "tags": [{"key": "a"}, {"key": "b"}],
    "odd/name": {"m~n": 1},
    "empty": {},
    "none": None,
}


def but(**changes: object) -> dict[str, object]:
    return {**DOCUMENT, **changes}


def bad(document: object, *patch: Operation) -> BadOperation:
    """Return the operation that keeps a patch from being applied."""
    with pytest.raises(PatchError) as reason:
        applied(document, patch)
    assert str(reason.value) == reason.value.bad.message
    return reason.value.bad


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param({"op": "add", "path": "/cpu", "value": "1"}, but(cpu="1"), id="add a member"),
        pytest.param({"op": "add", "path": "/family", "value": 1}, but(family=1), id="add over a member"),
        pytest.param({"op": "add", "path": "/cpu", "value": None}, DOCUMENT, id="null for no member"),
        pytest.param(
            {"op": "add", "path": "/family", "value": None},
            {name: each for name, each in DOCUMENT.items() if name != "family"},
            id="null removes a member",
        ),
        pytest.param(
            {"op": "replace", "path": "/tags/0/key", "value": None},
            but(tags=[{}, {"key": "b"}]),
            id="null removes a member of an item",
        ),
        pytest.param(
            {"op": "add", "path": "/tags/0", "value": 1},
            but(tags=[1, {"key": "a"}, {"key": "b"}]),
            id="insert",
        ),
        pytest.param(
            {"op": "add", "path": "/tags/2", "value": 1},
            but(tags=[{"key": "a"}, {"key": "b"}, 1]),
            id="append by index",
        ),
        pytest.param(
            {"op": "add", "path": "/tags/-", "value": 1},
            but(tags=[{"key": "a"}, {"key": "b"}, 1]),
            id="append",
        ),
        pytest.param(
            {"op": "add", "path": "/empty/-", "value": 1}, but(empty={"-": 1}), id="a member called -"
        ),
        pytest.param(
            {"op": "add", "path": "/empty/", "value": 1}, but(empty={"": 1}), id="a member without name"
        ),
        pytest.param(
            {"op": "add", "path": "/empty/01", "value": 1}, but(empty={"01": 1}), id="a member called 01"
        ),
        pytest.param({"op": "add", "path": "", "value": {"a": 1}}, {"a": 1}, id="the whole document"),
        pytest.param({"op": "remove", "path": "/tags/0"}, but(tags=[{"key": "b"}]), id="remove an item"),
        pytest.param(
            {"op": "remove", "path": "/odd~1name/m~0n"}, but(**{"odd/name": {}}), id="escaped names"
        ),
        pytest.param({"op": "replace", "path": "/none", "value": 1}, but(none=1), id="replace null"),
        pytest.param(
            {"op": "replace", "path": "/tags/1/key", "value": "c"},
            but(tags=[{"key": "a"}, {"key": "c"}]),
            id="replace in a list",
        ),
        pytest.param(
            {"op": "move", "from": "/tags/1", "path": "/tags/0"},
            but(tags=[{"key": "b"}, {"key": "a"}]),
            id="move within a list",
        ),
        pytest.param({"op": "move", "from": "/family", "path": "/family"}, DOCUMENT, id="move nowhere"),
        pytest.param(
            {"op": "copy", "from": "/tags/0", "path": "/empty/a"}, but(empty={"a": {"key": "a"}}), id="copy"
        ),
        pytest.param({"op": "test", "path": "/family", "value": "etl"}, DOCUMENT, id="test"),
        pytest.param({"op": "test", "path": "", "value": DOCUMENT}, DOCUMENT, id="test the whole document"),
        pytest.param(
            {"op": "test", "path": "/tags", "value": [{"key": "a"}, {"key": "b"}]}, DOCUMENT, id="test a list"
        ),
    ],
)
def test_an_operation(operation: dict[str, object], expected: object) -> None:
    assert applied(DOCUMENT, [operation]) == expected


HAS = "/ has family, tags, odd/name, empty, none"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param(
            {"op": "add", "path": "/x/y", "value": 1},
            BadOperation("/0/path", "add: there is nothing at /x", HAS),
            id="add below nothing",
        ),
        pytest.param(
            {"op": "replace", "path": "/fmaily", "value": 1},
            BadOperation("/0/path", "replace: there is nothing at /fmaily", HAS),
            id="replace nothing",
        ),
        pytest.param(
            {"op": "remove", "path": "/tags/2"},
            BadOperation("/0/path", "remove: there is nothing at /tags/2", "/tags is a list of 2"),
            id="remove past the end",
        ),
        pytest.param(
            {"op": "remove", "path": "/tags/-"},
            BadOperation("/0/path", "remove: there is nothing at /tags/-", "/tags is a list of 2"),
            id="remove the end",
        ),
        pytest.param(
            {"op": "remove", "path": ""},
            BadOperation("/0/path", "remove: the whole document", "keep the document an object"),
            id="remove the whole document",
        ),
        pytest.param(
            {"op": "add", "path": "/family/0", "value": "x"},
            BadOperation(
                "/0/path",
                "add: /family/0 does not fit the document",
                "an item of a list is named by its index, or by - for the end of the list",
            ),
            id="add to a string",
        ),
        pytest.param(
            {"op": "replace", "path": "/family/0", "value": "x"},
            BadOperation("/0/path", "replace: there is nothing at /family/0", "/family is a single value"),
            id="replace a character",
        ),
        pytest.param(
            {"op": "copy", "from": "/family/0", "path": "/x"},
            BadOperation("/0/from", "copy: there is nothing at /family/0", "/family is a single value"),
            id="copy a character",
        ),
        pytest.param(
            {"op": "move", "from": "/odd/name", "path": "/x"},
            BadOperation("/0/from", "move: there is nothing at /odd/name", HAS),
            id="a slash that is not escaped",
        ),
        pytest.param(
            {"op": "move", "from": "/tags", "path": "/tags/0"},
            BadOperation("/0/path", "move: /tags/0 is inside /tags, which is being moved"),
            id="move into itself",
        ),
        pytest.param(
            {"op": "move", "from": "/tags/0", "path": "/tags/2"},
            BadOperation(
                "/0/path",
                "move: /tags/2 does not fit the document",
                "an item of a list is named by its index, or by - for the end of the list",
            ),
            id="move to an index that moving takes away",
        ),
        pytest.param(
            {"op": "test", "path": "/family", "value": "other"},
            BadOperation("/0", "test: /family is not the value that the patch expects"),
            id="another value",
        ),
        pytest.param(
            {"op": "test", "path": "/x", "value": None},
            BadOperation("/0", "test: /x is not the value that the patch expects"),
            id="test nothing",
        ),
        *(
            pytest.param(
                {"op": "add", "path": f"/tags/{index}", "value": 1},
                BadOperation(
                    "/0/path",
                    f"add: /tags/{index} does not fit the document",
                    "an item of a list is named by its index, or by - for the end of the list",
                ),
                id=f"index {index[:9]!r}",
            )
            for index in ("3", "-1", "01", "1.0", "+1", " 1", "1_0", "٣", "", "a", "9" * 5000)
        ),
    ],
)
def test_an_operation_that_does_not_fit(operation: dict[str, object], expected: BadOperation) -> None:
    assert bad(DOCUMENT, operation) == expected


def test_the_message_names_the_operation_that_fails_and_no_value() -> None:
    secret = {"environment": [{"name": "TOKEN", "value": "hunter2-hunter2"}]}
    patch: list[Operation] = [
        {"op": "add", "path": "/environment/-", "value": {"name": "A", "value": "hunter3-hunter3"}},
        {"op": "test", "path": "/environment/0/value", "value": "hunter4-hunter4"},
    ]

    found = bad(secret, *patch)

    assert found.pointer == "/1"
    assert "hunter" not in found.message + found.help


def test_a_hint_names_a_few_members_only() -> None:
    found = bad({f"m{number}": 1 for number in range(1000)}, {"op": "remove", "path": "/x"})

    assert found.help.endswith("m19, …")


def test_true_is_not_one() -> None:
    assert bad({"a": 1}, {"op": "test", "path": "/a", "value": True}).pointer == "/0"
    assert applied({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}]) == {"a": 1}


def test_operations_are_applied_in_order_and_share_nothing() -> None:
    patch: list[Operation] = [
        {"op": "add", "path": "/a", "value": {"list": []}},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "add", "path": "/a/list/-", "value": 1},
        {"op": "move", "from": "/b", "path": "/a/b"},
    ]
    before = copy.deepcopy(patch)

    result = applied({}, patch)

    assert result == {"a": {"list": [1], "b": {"list": []}}}
    assert patch == before


def test_copies_of_copies_end() -> None:
    double = [{"op": "copy", "from": "", "path": f"/{number}"} for number in range(64)]

    found = bad({"a": 1}, *double)

    assert (
        found.message
        == f"the copy and move operations of this patch transfer more than {MAX_COPIED:,} values"
    )


def test_nesting_ends() -> None:
    deeper = [{"op": "add", "path": "/a" * (level + 1), "value": {}} for level in range(MAX_DEPTH + 1)]

    assert applied({}, deeper[: MAX_DEPTH - 1])
    assert bad({}, *deeper).message == f"add: more than {MAX_DEPTH} levels deep"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param({"op": "add", "path": "", "value": 1}, [], id="the whole document"),
        pytest.param(
            {"op": "remove", "path": "/a~01~10", "value": 1, "from": "/b"}, [], id="more than needed"
        ),
        pytest.param("add", [("/0", "an operation of a JSON Patch must be a mapping")], id="a text"),
        pytest.param(None, [("/0", "an operation of a JSON Patch must be a mapping")], id="null"),
        pytest.param({}, [("/0", '"op" is missing')], id="nothing"),
        pytest.param({"op": "Add"}, [("/0/op", "'Add' is not a JSON Patch operation")], id="upper case"),
        pytest.param({"op": ["add"]}, [("/0/op", "['add'] is not a JSON Patch operation")], id="a list"),
        pytest.param(
            {"op": "copy"},
            [("/0", '"copy" requires "path"'), ("/0", '"copy" requires "from"')],
            id="members missing",
        ),
        pytest.param({"op": "test", "path": "/a"}, [("/0", '"test" requires "value"')], id="no value"),
        pytest.param(
            {"op": "remove", "path": 1}, [("/0/path", "path must be a string such as /tags/0")], id="a number"
        ),
        pytest.param(
            {"op": "remove", "path": "a"}, [("/0/path", "'a' is not a JSON pointer")], id="no slash"
        ),
        pytest.param(
            {"op": "move", "path": "/a", "from": "/a~b"},
            [("/0/from", "'/a~b' has a ~ that is not part of an escape")],
            id="a tilde that escapes nothing",
        ),
        pytest.param(
            {"op": "remove", "path": "/a", "vlaue": 1},
            [("/0/vlaue", "a JSON Patch operation has no member 'vlaue'")],
            id="an unknown member",
        ),
    ],
)
def test_malformed(operation: object, expected: list[tuple[str, str]]) -> None:
    assert [(each.pointer, each.message) for each in malformed([operation])] == expected


def test_the_hint_names_the_member_that_was_meant() -> None:
    (found,) = malformed([{"op": "add", "path": "/a", "value": 1, "form": "/b"}])

    assert found.help == 'did you mean "from"?'


CASES = DOCUMENTS.flatmap(lambda document: st.tuples(st.just(document), patches(document)))


@given(CASES)
def test_a_patch_changes_no_argument_and_fails_in_one_way(case: tuple[Any, list[dict[str, Any]]]) -> None:
    document, patch = case
    before = copy.deepcopy(case)

    try:
        applied(document, patch)
    except PatchError as reason:
        index = int(reason.bad.pointer.split("/")[1])
        rest = applied(document, patch[:index])
        with pytest.raises(PatchError):
            applied(rest, patch[index : index + 1])

    assert (document, patch) == before


@given(DOCUMENTS, st.data())
def test_a_patch_that_is_undone_leaves_the_document(document: dict[str, object], data: st.DataObject) -> None:
    pointer = data.draw(st.sampled_from([each for each in pointers(document) if each] or [""]))
    value = data.draw(VALUES.filter(lambda each: each is not None))
    undone: list[list[Operation]] = [
        [{"op": "add", "path": "/fresh", "value": value}, {"op": "remove", "path": "/fresh"}]
    ]
    there = value_at(document, pointer) if pointer else None
    if there is not None:
        undone += [
            [
                {"op": "replace", "path": pointer, "value": value},
                {"op": "test", "path": pointer, "value": value},
                {"op": "replace", "path": pointer, "value": there},
            ],
            [
                {"op": "move", "from": pointer, "path": "/fresh"},
                {"op": "test", "path": "/fresh", "value": there},
                {"op": "move", "from": "/fresh", "path": pointer},
            ],
            [{"op": "remove", "path": pointer}, {"op": "add", "path": pointer, "value": there}],
        ]

    for patch in undone:
        assert json.dumps(applied(document, patch), sort_keys=True) == json.dumps(document, sort_keys=True)
