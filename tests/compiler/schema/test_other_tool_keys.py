"""Keys of other tools: what the help says to write instead exists."""

import re
from typing import Any

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.schema.files import load_schema
from ecsplan.schema.other_tool_keys import WRITE_INSTEAD

MANIFEST: dict[str, Any] = load_schema("manifest")
KEYS = {*MANIFEST["$defs"]["job"]["properties"], "jobs", "variables"}
MEMBERS = set(re.findall(r'"([a-z][A-Za-z]+)"', str(load_schema("task-definition")).replace("'", '"')))


@pytest.mark.parametrize(
    "key",
    [
        *WRITE_INSTEAD,
        *(
            "aws_credentials",
            "Overrides",
            "ScheduleExpression",
            "waitForCompletion",
            "restart-policy",
            "runs-on",
        ),
    ],
)
def test_a_key_of_another_tool_is_explained(key: str) -> None:
    (found,) = compile_manifest(f"image: alpine\n{key}: x\n", file="job.yaml").diagnostics

    assert (found.rule, found.line, found.column) == ("unknown-key", 2, 1)
    assert found.help == WRITE_INSTEAD["".join(each for each in key.lower() if each.isalnum())]


@pytest.mark.parametrize("text", sorted(set(WRITE_INSTEAD.values())))
def test_what_the_help_names_exists(text: str) -> None:
    of_aws = MANIFEST["$defs"]["job"]["properties"]["aws"]["properties"]
    for quoted in re.findall("`([^`]+)`", text):
        word = quoted.partition(":")[0].rpartition(".")[2]
        assert word.startswith("--") or word in KEYS or word in MEMBERS or word in of_aws, quoted


def test_no_key_of_the_manifest_is_taken_for_another_tool() -> None:
    assert not {"".join(each for each in key if each.isalnum()) for key in KEYS} & WRITE_INSTEAD.keys()


@pytest.mark.parametrize("place", ["task_definition", "env"])
def test_only_the_top_of_a_job_has_these_keys(place: str) -> None:
    found = compile_manifest(f"image: alpine\n{place}: {{overrides: x}}\n", file="job.yaml").diagnostics

    assert not [each for each in found if "task_customizations" in each.help]
