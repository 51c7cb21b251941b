"""What is recorded of Prefect is what Prefect does, and its workers take what is exported for them.

Prefect takes a minute to install, so these tests use an environment that exists: that of the benchmark's peer
for Prefect 3, and `.venvs/prefect-2`. With the variable ECSPLAN_TEST_PREFECT=yes they build both.
"""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.writers.prefect_work_pool import write

DATA = ROOT / "tests" / "convert" / "data"
WANTED = "ECSPLAN_TEST_PREFECT"
BUILD = "import venvs; print(getattr(venvs.environment({name!r}), 'folder', ''))"
REGION = "eu-west-1"

pytestmark = pytest.mark.timeout(1800)  # for what installs


@functools.cache
def python_of(name: str) -> Path:
    """Return the Python of an environment, or skip the test."""
    folder = ROOT / ".venvs" / name
    if os.environ.get(WANTED) == "yes":
        command = [sys.executable, "-c", BUILD.format(name=name)]
        built = subprocess.run(
            command, cwd=ROOT / "bench", capture_output=True, text=True, check=True, timeout=900
        )
        folder = Path(built.stdout.strip() or os.devnull)
    if not (folder / ".ready").is_file():
        pytest.skip(f"there is no environment {name}; {WANTED}=yes builds it")
    return folder / "bin" / "python"


def ran(name: str, script: str, *arguments: str, given: str = "") -> Any:
    """Return the JSON that a script of `data` prints in an environment."""
    command = [str(python_of(name)), "-W", "ignore", str(DATA / script), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def recorded(name: str) -> Any:
    """Return a recorded file."""
    return json.loads((DATA / name).read_text("utf-8"))


def examples() -> list[PlannedJob]:
    """Return the jobs of the worked examples, but for those that AWS must be asked about."""
    paths = sorted((ROOT / "manifests").glob("*.yaml"))
    made = [compile_manifest(each.read_text("utf-8"), file=each.name, region=REGION) for each in paths]
    return [job for each in made if each.plan is not None for job in each.plan.jobs]


def test_blocks_do_what_is_recorded() -> None:
    assert ran("prefect-2", "record_prefect.py", str(DATA / "ecs-tasks.json")) == recorded(
        "ecs-tasks.recorded.json"
    )


def test_the_worker_does_what_is_recorded() -> None:
    templates = recorded("worker-templates.recorded.json")
    given = json.dumps([each["template"] for each in templates.values()])

    made = ran("prefect-2", "record_worker.py", given=given)

    assert dict(zip(templates, made, strict=True)) == {
        name: {member: each for member, each in one.items() if member != "template"}
        for name, one in templates.items()
    }


def plain(value: Any) -> Any:
    """Return a request without empty members, what is looked up and the role that the definition has."""
    without = {"taskDefinition", "networkConfiguration", "executionRoleArn"}
    if isinstance(value, dict):
        kept = {name: plain(each) for name, each in value.items() if name not in without}
        return {name: each for name, each in kept.items() if each not in ([], {}, None, 0)}
    if isinstance(value, list):
        key = "key" if value and isinstance(value[0], dict) and "key" in value[0] else "name"
        named = all(isinstance(each, dict) and key in each for each in value)
        return [plain(each) for each in (sorted(value, key=lambda each: each[key]) if named else value)]
    return value


@pytest.mark.parametrize("environment", ["prefect-2", "prefect"])
def test_a_worker_takes_what_is_exported(environment: str) -> None:
    jobs = [each for each in examples() if not each.watch.container.startswith("<")]

    made = ran(
        environment, "record_worker.py", given=json.dumps([json.loads(write([each]).text) for each in jobs])
    )

    for job, each in zip(jobs, made, strict=True):
        assert "error" not in each, (job.name, each)
        assert plain(each["request"]) == plain(job.run_request), job.name
