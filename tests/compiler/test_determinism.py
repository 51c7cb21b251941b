"""Same input, same bytes: whatever the hash seed, the locale and the order of keys."""

import copy
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from processes import SCRIPT

from ecsplan.compile import compile_manifest, read_jobs, together
from ecsplan.plan.plan import write_plan
from ecsplan.source.read import read_manifest

MANIFESTS = sorted((ROOT / "manifests").glob("*.yaml"))


def shuffled(value: object, draw: random.Random) -> object:
    """Return a copy whose mappings have their keys in another order; lists stay as they are."""
    if isinstance(value, dict):
        names = list(value)
        draw.shuffle(names)
        return {name: shuffled(value[name], draw) for name in names}
    return [shuffled(each, draw) for each in value] if isinstance(value, list) else value


def plan_of(text: str) -> str:
    compiled = compile_manifest(text, file="job.yaml", region="eu-west-1")
    assert compiled.plan is not None, compiled.diagnostics
    return write_plan(compiled.plan)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_order_of_keys_means_nothing(path: Path) -> None:
    for written in read_manifest(path.read_bytes(), file="job.yaml").jobs:
        data = {"name": written.name, **copy.deepcopy(written.data)}
        data.pop("after", None)  # the jobs that it waits for are not compiled with it
        plans = {plan_of(json.dumps(shuffled(data, random.Random(seed)))) for seed in range(8)}
        assert len(plans) == 1


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_compiling_reads_and_changes_nothing_else(path: Path) -> None:
    text = path.read_text("utf-8")
    first = compile_manifest(text, file="job.yaml").plan
    read = together((read_jobs(text, file="job.yaml"),))
    before = copy.deepcopy([dict(job.written.data) for job in read.jobs])

    again = compile_manifest(text, file="job.yaml").plan

    assert first is not None
    assert again is not None
    assert write_plan(first) == write_plan(again)
    assert [dict(job.written.data) for job in read.jobs] == before


@pytest.mark.parametrize(
    "surroundings",
    [
        pytest.param({"PYTHONHASHSEED": "1"}, id="hash seed"),
        pytest.param({"PYTHONHASHSEED": "77", "LC_ALL": "tr_TR.UTF-8"}, id="another hash seed and locale"),
        pytest.param({"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONUTF8": "0"}, id="ASCII locale and time zone"),
    ],
)
def test_the_surroundings_mean_nothing(surroundings: dict[str, str]) -> None:
    command: list[str] = [str(SCRIPT), "compile", "--offline", "manifests"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    plain, other = (
        subprocess.run(command, capture_output=True, cwd=ROOT, env=env, check=True).stdout
        for env in (clean, {**clean, **surroundings})
    )

    assert plain == other


@pytest.mark.parametrize("blocked", ["boto3", "botocore", "click", "rich", "ecsplan_applier", "ecsplan_cli"])
def test_the_compiler_needs_neither_sdk_nor_command_line(blocked: str) -> None:
    code = (
        f"import sys; sys.modules[{blocked!r}] = None\n"
        "import ecsplan\n"
        "compiled = ecsplan.compile_manifest('image: alpine:3', file='job.yaml')\n"
        "assert ecsplan.write_plan(compiled.plan)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
