"""Where the values of a patched document come from."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patch_strategies import DOCUMENTS, patches, pointers, value_at

from ecsplan.patch.apply import PatchError, applied
from ecsplan.patch.origins import Origin, Origins

DOCUMENT = {
    "cpu": "256",
    "containerDefinitions": [
        {"name": "main", "environment": [{"name": "A"}], "dockerLabels": {"x/y": "1", "m~n": "2"}},
        {"name": "proxy", "command": []},
    ],
}
CONTAINER = {"name": "first", "command": ["a", ["b"]]}
INSERT = {"op": "add", "path": "/containerDefinitions/0", "value": CONTAINER}
SWAP = {"op": "move", "from": "/containerDefinitions/1", "path": "/containerDefinitions/0"}


def there(pointer: str) -> Origin:
    return Origin(pointer, in_patch=False)


def patch(pointer: str) -> Origin:
    return Origin(f"/patch{pointer}", in_patch=True)


@pytest.mark.parametrize(
    ("operations", "pointer", "expected"),
    [
        pytest.param([], "", there(""), id="no patch"),
        pytest.param([], "/cpu", there("/cpu"), id="no patch, a member"),
        pytest.param([], "/cpu/x", there("/cpu"), id="no patch, the nearest parent"),
        pytest.param(
            [],
            "/containerDefinitions/0/dockerLabels/x~1y",
            there("/containerDefinitions/0/dockerLabels/x~1y"),
            id="no patch, a slash",
        ),
        pytest.param([INSERT], "", there(""), id="the document stays"),
        pytest.param([INSERT], "/containerDefinitions", there("/containerDefinitions"), id="its list, too"),
        pytest.param([INSERT], "/containerDefinitions/0", patch("/0/value"), id="what is inserted"),
        pytest.param(
            [INSERT], "/containerDefinitions/0/command", patch("/0/value/command"), id="a list in it"
        ),
        pytest.param(
            [INSERT], "/containerDefinitions/0/command/1/0", patch("/0/value/command/1/0"), id="an item of it"
        ),
        pytest.param(
            [INSERT], "/containerDefinitions/0/image", patch("/0/value"), id="what is missing in it"
        ),
        pytest.param(
            [INSERT],
            "/containerDefinitions/1/name",
            there("/containerDefinitions/0/name"),
            id="what moved on",
        ),
        pytest.param(
            [INSERT],
            "/containerDefinitions/1/dockerLabels/m~0n",
            there("/containerDefinitions/0/dockerLabels/m~0n"),
            id="a tilde",
        ),
        pytest.param(
            [INSERT],
            "/containerDefinitions/2/command",
            there("/containerDefinitions/1/command"),
            id="an empty list",
        ),
        pytest.param(
            [SWAP], "/containerDefinitions/0", there("/containerDefinitions/1"), id="what was moved"
        ),
        pytest.param(
            [SWAP],
            "/containerDefinitions/1/environment/0/name",
            there("/containerDefinitions/0/environment/0/name"),
            id="a member of what was moved",
        ),
        pytest.param(
            [SWAP, INSERT],
            "/containerDefinitions/1/name",
            there("/containerDefinitions/1/name"),
            id="there and back",
        ),
        pytest.param(
            [INSERT, {"op": "replace", "path": "/containerDefinitions/0/command", "value": ["z"]}],
            "/containerDefinitions/0/command/0",
            patch("/1/value/0"),
            id="what a later operation changes in what an earlier one added",
        ),
        pytest.param(
            [{"op": "test", "path": "/cpu", "value": "256"}, {"op": "add", "path": "/cpu", "value": "1"}],
            "/cpu",
            patch("/1/value"),
            id="tests count",
        ),
        pytest.param(
            [{"op": "copy", "from": "/containerDefinitions/0", "path": "/containerDefinitions/-"}],
            "/containerDefinitions/2/name",
            there("/containerDefinitions/0/name"),
            id="a copy",
        ),
        pytest.param(
            [{"op": "remove", "path": "/containerDefinitions/0"}],
            "/containerDefinitions/0/name",
            there("/containerDefinitions/1/name"),
            id="what a removal moves up",
        ),
        pytest.param(
            [{"op": "remove", "path": "/containerDefinitions"}],
            "/containerDefinitions/0",
            patch("/0"),
            id="removed",
        ),
        pytest.param(
            [{"op": "add", "path": "/cpu", "value": None}], "/cpu", patch("/0"), id="removed by null"
        ),
        pytest.param(
            [{"op": "move", "from": "/cpu", "path": "/memory"}], "/cpu", patch("/0"), id="removed by a move"
        ),
        pytest.param(
            [
                {"op": "test", "path": "/cpu", "value": "256"},
                {"op": "remove", "path": "/containerDefinitions/1/name"},
                INSERT,
            ],
            "/containerDefinitions/2/name",
            patch("/1"),
            id="removed from what a later operation moves on",
        ),
        pytest.param(
            [{"op": "remove", "path": "/cpu"}, {"op": "add", "path": "/cpu", "value": "1"}],
            "/cpu",
            patch("/1/value"),
            id="removed and added again",
        ),
        pytest.param(
            [{"op": "replace", "path": "", "value": {"cpu": "1"}}],
            "/cpu",
            patch("/0/value/cpu"),
            id="all of it",
        ),
    ],
)
def test_origin(operations: list[dict[str, object]], pointer: str, expected: Origin) -> None:
    assert Origins(DOCUMENT, operations, "/patch").find(pointer) == expected


CASES = DOCUMENTS.flatmap(lambda document: st.tuples(st.just(document), patches(document)))


@given(CASES)
def test_the_value_at_an_origin_is_the_value_in_the_patched_document(
    case: tuple[object, list[dict[str, object]]],
) -> None:
    document, operations = case
    before = copy.deepcopy(case)
    try:
        result = applied(document, operations)
    except PatchError:
        return
    origins = Origins(document, operations, "/patch")

    for pointer in pointers(result):
        origin = origins.find(pointer)
        value = value_at({"patch": operations} if origin.in_patch else document, origin.pointer)
        found = value_at(result, pointer)
        assert type(value) is type(found)
        if not isinstance(found, dict | list):
            assert value == found
    assert case == before
