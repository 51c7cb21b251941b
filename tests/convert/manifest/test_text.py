"""The text of a manifest: what it says is what was given, in the documented order."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsplan.terms.json_types import Record
from ecsplan.terms.manifest_keys import KEYS
from ecsplan.yaml.values import read_documents
from ecsplan_convert.manifest.keys import in_documented_order
from ecsplan_convert.manifest.text import WrittenJob, manifest_text
from ecsplan_convert.references import reference
from ecsplan_convert.source import ConversionError, Suggestion

TEXTS = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\ue000\ue001\ufffe\uffff"), max_size=30
    ),
    st.sampled_from(
        ["yes", "010", "0o7", "1.10", "null", "~", "a: b", "- a", "#x", "<<", "", " a", "a\n", "12:30"]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def read(text: str) -> Any:
    documents = read_documents(text, file="job.yaml")
    assert documents.problems == ()
    (data,) = documents.data
    return data


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from([each.name for each in KEYS if each.name != "name"]), VALUES, max_size=5)
)
def test_what_is_read_is_what_was_written(keys: dict[str, Any]) -> None:
    data = read(manifest_text([WrittenJob("etl", keys)], {}))

    if "variables" in data:
        data = unexpanded(data)
    assert data == {"name": "etl", **keys}


def unexpanded(data: dict[str, Any]) -> dict[str, Any]:
    """Return a document with `variables: {}` as it is once its literal references are expanded."""
    assert data.pop("variables") == {}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.replace("$${", "${") if isinstance(value, str) else value

    expanded: dict[str, Any] = plain(data)
    return expanded


def test_keys_are_in_the_documented_order() -> None:
    keys: Record = {
        "aws": {"region": "eu-west-1"},
        "cluster": "batch",
        "env": {"B": "2", "A": "1"},
        "command": ["a"],
    }

    assert [*in_documented_order(keys)] == ["command", "env", "cluster", "aws"]
    assert [*read(manifest_text([WrittenJob("etl", keys)], {}))["env"]] == ["B", "A"]


def test_several_jobs_stand_below_jobs() -> None:
    jobs = [WrittenJob("a b", {"image": "x"}, ("a note",)), WrittenJob("on", {"image": "y"})]

    assert read(manifest_text(jobs, {})) == {"jobs": {"a b": {"image": "x"}, "on": {"image": "y"}}}


def test_references_and_literal_texts() -> None:
    keys: Record = {"command": [reference("DAY"), "${HOME}"], "env": {"A": f"day-{reference('DAY')}"}}

    data = read(manifest_text([WrittenJob("etl", keys)], {"DAY": {"env": "DAY"}}))

    assert data["variables"] == {"DAY": {"env": "DAY"}}
    assert data["command"] == ["${DAY}", "$${HOME}"]
    assert data["env"] == {"A": "day-${DAY}"}


def test_comments_and_suggestions() -> None:
    suggestion = Suggestion({"schedule": {"cron": "0 3 * * ? *"}}, "A schedule needs role_arn.")
    job = WrittenJob("etl", {"image": "x"}, (f"long {'word ' * 40}", "line\nbreaks: no key"), (suggestion,))

    text = manifest_text([job], {}, ("above all",))

    assert read(text) == {"name": "etl", "image": "x"}
    assert text.startswith("# above all\n")
    assert max(map(len, text.splitlines())) <= 100
    assert "# schedule:\n#   cron: '0 3 * * ? *'\n" in text


def test_half_a_character_is_an_error() -> None:
    with pytest.raises(ConversionError, match="surrogate"):
        manifest_text([WrittenJob("etl", {"command": ["\ud800"]})], {})


def test_what_is_hidden_in_a_comment_is_written_out() -> None:
    jobs = [WrittenJob("etl", {"image": "etl:1"}, ("x\x1b[31m is left out", "y\u202e too"))]

    text = manifest_text(jobs, {}, ("z\x00",))

    assert read(text)["image"] == "etl:1"
    assert "\\x1b[31m" in text
    assert not {"\x00", "\x1b", "\u202e"} & {*text}
