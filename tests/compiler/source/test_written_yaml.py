"""What is written as YAML reads as what it was, with both parsers that ecsplan may find."""

import itertools
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ecsplan.terms.json_types import Record
from ecsplan.yaml.values import read_mapping
from ecsplan.yaml.write import yaml_text

ODD = "?-:,[]{}#&*!|>'\"%@` 0a=<~.\t\\$\n\u2028"
TEXTS = ["".join(each) for length in (1, 2) for each in itertools.product(ODD, repeat=length)]


def read(text: str, *, pure: bool = False) -> Any:
    if pure:
        return YAML(typ="safe", pure=True).load(text)
    assert "_ruamel_yaml" in sys.modules
    # As ecsplan reads it: libyaml itself refuses a plain colon or question mark within a flow collection.
    data, found = read_mapping(text, file="written.yaml")
    assert found == ()
    return data


@pytest.mark.parametrize("pure", [True, False], ids=["pure", "libyaml"])
@pytest.mark.parametrize("compact", [True, False], ids=["compact", "in blocks"])
def test_odd_texts_read_back_at_every_place(compact: bool, pure: bool) -> None:
    for text in TEXTS:
        document: Record = {"a": text, "b": [text], "c": {text: "v"}, "d": [{"x": text}, {text: text}]}
        assert read(yaml_text(document, compact=compact), pure=pure) == document, text


@given(st.dictionaries(st.text("abc"), st.lists(st.text(st.sampled_from(ODD), max_size=6)), max_size=3))
def test_any_text_reads_back(document: dict[str, Any]) -> None:
    assert read(yaml_text(document, compact=True)) == document


@pytest.mark.parametrize(
    ("word", "line"),
    [
        pytest.param("what?", "k: ['what?']\n", id="a question mark"),
        pytest.param(":80", "k: [':80']\n", id="a colon at the start"),
        pytest.param("http://a/b", "k: [http://a/b]\n", id="a colon within"),
        pytest.param('0":0', "k: ['0\":0']\n", id="a colon after a quote"),
        pytest.param("x[0]:1", "k: ['x[0]:1']\n", id="a colon after a bracket"),
        pytest.param("plain", "k: [plain]\n", id="nothing odd"),
    ],
)
def test_a_short_list_stays_on_its_line(word: str, line: str) -> None:
    assert yaml_text({"k": [word]}, compact=True) == line
