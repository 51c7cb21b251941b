"""The AWS CLI's shorthand syntax; the values are those that the CLI's own parser gave (awscli 1.46.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.references import reference
from ecsplan_convert.shell.open_values import Bare
from ecsplan_convert.shell.shorthand import ShorthandError, parsed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("a=", {"a": ""}),
        ("a=b,c=d", {"a": "b", "c": "d"}),
        (" a = b , c = d", None),
        ("a = b , c = d", {"a": "b", "c": "d"}),
        ("a=b,c", {"a": ["b", "c"]}),
        ("a=b,c,d=e", {"a": ["b", "c"], "d": "e"}),
        ("a=b,c=", {"a": "b", "c": ""}),
        ("a=[b,c]", {"a": ["b", "c"]}),
        ("a=[]", {"a": []}),
        ("a=[b,]", {"a": ["b"]}),
        ("a=[b c , d]", {"a": ["b c", "d"]}),
        ("a={b=c,d=[e,f]}", {"a": {"b": "c", "d": ["e", "f"]}}),
        ("a=[{b=c},{b=d}]", {"a": [{"b": "c"}, {"b": "d"}]}),
        ("a={}", {"a": {}}),
        ("a={b={c=d}},e=f", {"a": {"b": {"c": "d"}}, "e": "f"}),
        ("a='b,c'", {"a": "b,c"}),
        ('a="b,c",d=e', {"a": "b,c", "d": "e"}),
        (r'a="b\"c"', {"a": 'b"c'}),
        (r"a='b\'c'", {"a": "b'c"}),
        (r"a=b\,c", {"a": "b,c"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=b c", {"a": "b c"}),
        ("a=attribute:x == y", {"a": "attribute:x == y"}),
        ("a-b.c/d:e#f_1=g", {"a-b.c/d:e#f_1": "g"}),
        ("a=\u00e9\u4e16", {"a": "\u00e9\u4e16"}),
        ("=b", {"": "b"}),
        ("", None),
        ("a", None),
        ("a=b,", None),
        ("a=[b", None),
        ("a={b}", None),
        ("a={b=c,d}", None),
        ("a={b=c", None),
        ("a='b", None),
        ("a=b,a=c", None),
        ("a=b]", None),
        ("a=[b]c", None),
    ],
)
def test_shorthand(text: str, expected: object) -> None:
    if expected is None:
        with pytest.raises(ShorthandError) as caught:
            parsed(text)
        assert 0 <= caught.value.at <= len(text)
    else:
        assert parsed(text) == expected


def test_references() -> None:
    stands = reference("A")

    assert parsed(f"a={stands},b='{stands}',c=[{stands}, x-{stands}],d={{e={stands}}}") == {
        "a": Bare("A"),
        "b": stands,
        "c": [Bare("A"), f"x-{stands}"],
        "d": {"e": Bare("A")},
    }


def test_files_are_not_read() -> None:
    with pytest.raises(ShorthandError, match="reads a file"):
        parsed("a@=file://b")


def test_depth_is_bounded() -> None:
    with pytest.raises(ShorthandError, match="too deeply"):
        parsed("a=" + "[" * 5000)


@given(st.text("ab=,[]{}'\"\\ :1-\u00e9@", max_size=20))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    try:
        parsed(text)
    except ShorthandError as error:
        text = str(error)

    assert isinstance(text, str)


VALUES = st.recursive(
    st.text("ab 1:/-", max_size=5).map(str.strip),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=3),
    max_leaves=8,
)


def written(value: object) -> str:
    """Return a value in shorthand."""
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{name}={written(each)}' for name, each in value.items())}}}"
    return f"'{value}'"


@given(st.dictionaries(st.text("ab", min_size=1), VALUES, min_size=1))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    assert parsed(",".join(f"{name}={written(each)}" for name, each in value.items())) == value
