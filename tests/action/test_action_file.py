"""action.yml itself: valid, free of injection, each input described and handed to the steps that read it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from places import ROOT
from ruamel.yaml import YAML
from shells import complaints

ACTION: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
FOLDER = ROOT / "action"
INPUT = re.compile(r"inputs\.([\w-]+)")
READ = re.compile(r"""(?:read|lines)\(["']([\w-]+)["']\)""")
"""How the scripts read an input."""


def test_it_is_valid() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    done = subprocess.run(
        [*command, str(ROOT / "action.yml")], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["name"])
def test_no_expression_is_part_of_a_shells_text(step: dict[str, Any]) -> None:
    assert "${{" not in step["run"]
    assert complaints(step["run"], "bash") == []


def test_the_script_that_installs_has_no_faults() -> None:
    assert complaints((FOLDER / "install.sh").read_text("utf-8"), "bash") == []


def test_every_input_is_described_and_used() -> None:
    texts = (text for step in STEPS for text in (step.get("if", ""), *step["env"].values()))
    used = {name for text in texts for name in INPUT.findall(text)}

    assert used == set(ACTION["inputs"])
    assert all(each["description"] and "default" in each for each in ACTION["inputs"].values())
    assert all(each["description"] for each in ACTION["outputs"].values())


def reads(path: Path) -> set[str]:
    """Return the environment variables of inputs that a script reads."""
    text = path.read_text("utf-8")
    named = {f"INPUT_{each.upper().replace('-', '_')}" for each in READ.findall(text)}
    named |= set(re.findall(r"\b(INPUT_[A-Z_]*[A-Z])\b", text))
    calls = {
        "enter_working_directory(": {"INPUT_WORKING_DIRECTORY"},
        "manifests(": {"INPUT_MANIFESTS"},
        "value_options(": {"INPUT_VARS", "INPUT_VAR_FILE", "INPUT_SET"},
        "options_for_apply(": {"INPUT_VARS", "INPUT_VAR_FILE"},
        "region_options(": {"INPUT_REGION"},
        "instance(": {
            "INPUT_WORKING_DIRECTORY",
            "INPUT_PLAN",
            "INPUT_REGION",
            "INPUT_KEY",
            "INPUT_MANIFESTS",
        },
    }
    return named.union(
        *(inputs for call, inputs in calls.items() if re.search(rf"\b{re.escape(call)}", text))
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["name"])
def test_a_step_is_handed_what_its_script_reads_and_nothing_else(step: dict[str, Any]) -> None:
    handed = {name: INPUT.findall(text) for name, text in step["env"].items() if name.startswith("INPUT_")}

    (script,) = re.findall(r"action/(\w+\.\w+)", step["run"])
    assert set(handed) == reads(FOLDER / script)
    for name, (given,) in handed.items():
        assert name == f"INPUT_{given.upper().replace('-', '_')}"
