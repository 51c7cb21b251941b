"""No text makes reading fail: random bytes, YAML-like text, mutated manifests, nested data."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from yaml_readers import READERS, WITHOUT_C, Reader

from ecsplan.foreign.recognize import recognized
from ecsplan.schema.schema_rules import SCHEMA_RULES
from ecsplan.source.job_source import JobSource
from ecsplan.source.read import Manifest, read_manifest
from ecsplan.source.reading_rules import SOURCE_RULES
from ecsplan.terms.pointers import child

RULES = {rule.name for rule in SOURCE_RULES} | {rule.name for rule in SCHEMA_RULES}
SEEDS = [
    *(path.read_text("utf-8") for path in sorted((ROOT / "manifests").rglob("*.yaml"))),
    *(rule.example for rule in SOURCE_RULES if isinstance(rule.example, str)),
    "a: &a {b: *a}\nc: &c [1, *c]\n<<: [*a, {d: !!int x}]\n? [e]\n: 'f\n",
    'p: "[{\\"op\\": \\"add\\"}]"\nenv: {TOKEN: x, "b\\x00": >-\n  c\n}\n',
    '--- |\n  d\n...\n%YAML 1.2\n---\n"e":f\n',
]
ODD_PIECES = (
    *(
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "!x ",
        "- ",
        "? ",
        ": ",
        "::",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "#",
        ",",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "\\",
        "@",
        "`",
        "\n",
        "\t",
        "\r",
        "\0",
        "  ",
        "\u2028",
        "\ufeff",
        "\ue000",
    ),
    *("\ud800", "😀", "%YAML 1.1\n", "jobs:\n", "defaults:\n", "env:\n", "null", "1e999", "9" * 5000),
)
moderate = settings(max_examples=200, derandomize=True, deadline=None, database=None)
fewer = settings(moderate, max_examples=60)


def pointers(value: object, pointer: str = "") -> Iterator[tuple[str, object]]:
    yield pointer, value
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, each in members:
        yield from pointers(each, child(pointer, name))


def lines_of(text: str | bytes) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))


def check(read: Reader, text: str | bytes) -> Manifest:
    """Read a text, ask for every place in it, and check what is said whatever the text is."""
    manifest = read(text, file="m.yaml")
    places = [each.location for each in manifest.diagnostics]
    for job in manifest.jobs:
        for pointer, value in pointers(job.data):
            places += [job.locate(pointer), job.locate(pointer, key=True), job.locate(pointer + "/nowhere/0")]
            if isinstance(value, str):
                places += [job.locate_in_string(pointer, "/0/op"), job.locate_in_string(pointer, "")]
                assert job.text_of(pointer) is not None
    lines = lines_of(text)
    encoded = isinstance(text, bytes) and text[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for each in places:
        assert min(each.line, each.column, each.width) >= 1
        if not encoded:
            line = lines[each.line - 1]
            assert each.column <= len(line) + 1
            assert each.column + each.width - 1 <= max(len(line), each.column)
            assert len(each.excerpt) == min(len(line), 160)
    assert {each.rule for each in manifest.diagnostics} <= RULES
    assert manifest.jobs or manifest.diagnostics
    json.dumps([job.data for job in manifest.jobs], allow_nan=False)
    return manifest


def mutated(seeds: list[str]) -> st.SearchStrategy[str]:
    """Return manifests with pieces cut out, put in, moved and doubled."""
    odd = st.sampled_from(ODD_PIECES)

    @st.composite
    def strategy(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(seeds))
        for _ in range(draw(st.integers(1, 6))):
            at = draw(st.integers(0, len(text)))
            to = draw(st.integers(at, min(len(text), at + 40)))
            piece = draw(st.one_of(odd, st.just(""), st.just(text[at:to] * 2), st.text(max_size=5)))
            text = text[:at] + piece + text[to:]
        return text

    return strategy()


@pytest.mark.parametrize("read", READERS)
@given(raw=st.binary(max_size=200))
@moderate
def test_random_bytes(read: Reader, raw: bytes) -> None:
    check(read, raw)


@pytest.mark.parametrize("read", READERS)
@given(text=st.text(st.sampled_from("ab1 \n\t-?:,[]{}#&*!|>'\"%@`\\<=~.\r\u00e9😀\u2028\ufeff"), max_size=60))
@moderate
def test_text_of_yamls_own_characters(read: Reader, text: str) -> None:
    check(read, text)


@pytest.mark.parametrize("read", READERS)
@given(text=mutated(SEEDS))
@moderate
def test_mutated_manifests(read: Reader, text: str) -> None:
    check(read, text)


@given(text=mutated(SEEDS), codec=st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-7"]))
@moderate
def test_odd_encodings(text: str, codec: str) -> None:
    check(read_manifest, text.encode(codec, "replace"))


keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**90), 10**90),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=4),
    max_leaves=20,
)
jobs = st.dictionaries(
    # A matrix makes other jobs of what is written, or none.
    keys.filter(lambda each: each not in {"jobs", "defaults", "matrix"}),
    values,
    min_size=1,
    max_size=5,
).filter(lambda job: recognized(job) is None)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("ascii_only", [True, False])
@given(job=jobs)
@fewer
def test_json_is_read_as_it_is_with_every_place(read: Reader, ascii_only: bool, job: dict[str, Any]) -> None:
    text = json.dumps(job, ensure_ascii=ascii_only)
    text = re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda each: f"\\u{ord(each[0]):04x}", text)

    manifest = read(f"# 😀\n{text}", file="m.yaml")

    assert manifest.diagnostics == ()
    [found] = manifest.jobs
    assert json.dumps(found.data, sort_keys=True) == json.dumps(job, sort_keys=True)
    for pointer, value in pointers(job):
        place = found.locate(pointer)
        written = text[place.column - 1 : place.column - 1 + place.width]
        assert (place.line, written) == (2, written.strip())
        if isinstance(value, (list, dict)):
            assert written[0] + written[-1] in {"[]", "{}"}
        else:
            assert found.text_of(pointer) is not None


def laid_under(defaults: object, job: object) -> object:
    """Return the merge of `defaults:`, on plain data: mappings merge, lists and scalars replace."""
    if not isinstance(defaults, dict) or not isinstance(job, dict):
        return job
    return defaults | {name: laid_under(defaults.get(name), each) for name, each in job.items()}


@given(defaults=jobs, job=jobs)
@fewer
def test_defaults_merge_at_every_depth(defaults: dict[str, object], job: dict[str, object]) -> None:
    text = json.dumps({"defaults": _safe(defaults), "jobs": {"a": _safe(job)}})

    [found] = read_manifest(text, file="m.yaml").jobs

    expected = laid_under(_safe(defaults), _safe(job))
    assert found.data == expected
    for pointer, value in pointers(expected):
        if isinstance(value, str):
            assert found.text_of(pointer) == value


def _safe(value: object) -> object:
    """Return the data with nothing in it that JSON writes otherwise than YAML."""
    # A backslash that is escaped itself does not begin an escape.
    odd = re.compile(r"(\\\\)|\\u[0-9a-f]{4}|\x7f")
    return json.loads(odd.sub(lambda found: found[1] or "u", json.dumps(value)))


@pytest.mark.parametrize("text", [each for each in SEEDS if "'f\n" not in each and '\n"e":f' not in each])
def test_both_parsers_read_the_same(text: str) -> None:
    fast, slow = (read(text, file="m.yaml") for read in (read_manifest, WITHOUT_C))

    assert [_places(job) for job in fast.jobs] == [_places(job) for job in slow.jobs]
    assert [(each.rule, each.location) for each in fast.diagnostics] == [
        (each.rule, each.location) for each in slow.diagnostics
    ]


def _places(job: JobSource) -> list[object]:
    return [
        (job.name, pointer, value, job.locate(pointer), job.locate(pointer, key=True), job.text_of(pointer))
        for pointer, value in pointers(job.data)
    ]
