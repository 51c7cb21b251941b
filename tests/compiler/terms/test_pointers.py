"""JSON pointers, by the rules and examples of RFC 6901."""

import pytest

from ecsplan.terms.pointers import child, pointer_of, tokens_of

POINTERS: dict[tuple[str | int, ...], str] = {
    (): "",
    ("tags", 0, "key"): "/tags/0/key",
    ("",): "/",
    ("a/b",): "/a~1b",
    ("m~n",): "/m~0n",
    ("~1", "~01"): "/~01/~001",
    ("x", "", "y z"): "/x//y z",
}


@pytest.mark.parametrize(("tokens", "pointer"), POINTERS.items())
def test_a_pointer_is_written_and_read(tokens: tuple[str | int, ...], pointer: str) -> None:
    assert pointer_of(*tokens) == pointer
    assert tokens_of(pointer) == tuple(map(str, tokens))


def test_a_child_extends_a_pointer() -> None:
    assert child("/labels", "team/cost") == pointer_of("labels", "team/cost")
