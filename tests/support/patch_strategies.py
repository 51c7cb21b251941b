"""Documents, pointers into them, and patches, for tests by properties."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ecsplan.patch.apply import PatchError, applied
from ecsplan.terms.pointers import child

NAMES = st.sampled_from(["a", "b", "0", "1", "-", "", "x/y", "m~n", "~1", "é"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "<open>", "é", "0"])
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)


def pointers(value: object, pointer: str = "") -> Iterator[str]:
    """Yield the pointers of a value and of all that is in it."""
    yield pointer
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, each in members:
        yield from pointers(each, child(pointer, name))


def value_at(document: Any, pointer: str) -> Any:
    """Return what a pointer leads to."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


@st.composite
def paths(draw: st.DrawFn, document: object) -> str:
    """Draw a pointer that leads to something, beside it, or nowhere."""
    there = draw(st.sampled_from(list(pointers(document))))
    return there + draw(st.sampled_from(["", "", "", "/-", "/0", "/1", "/a", "/new", "/01", "/٣", "/99"]))


@st.composite
def patches(draw: st.DrawFn, document: Any, values: st.SearchStrategy[Any] = VALUES) -> list[dict[str, Any]]:
    """Draw well-formed operations, of which many fit the document."""
    operations = []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(["add", "add", "replace", "remove", "move", "copy", "test"]))
        operation: dict[str, Any] = {"op": name, "path": draw(paths(document))}
        if name in {"move", "copy"}:
            operation["from"] = draw(paths(document))
        elif name != "remove":
            operation["value"] = draw(values)
        operations.append(operation)
    return operations


@st.composite
def fitting_patches(
    draw: st.DrawFn, document: Any, values: st.SearchStrategy[Any] = VALUES
) -> list[dict[str, object]]:
    """Draw operations that fit the document, each what the ones before it leave."""
    fitting: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        for operation in draw(patches(document, values)):
            try:
                document = applied(document, [operation])
            except PatchError:
                continue
            fitting.append(operation)
    return fitting
