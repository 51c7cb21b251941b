"""The action, with a real pip: it installs its own checkout and uses it. `make check` runs this module."""

import os
import shutil
import sys
from pathlib import Path

from places import ROOT
from workflow_job import Job

LEFT_OUT = (".*", "tests", "bench", "build", "dist", "__pycache__")


def test_the_action_installs_its_checkout_and_checks_with_it(job: Job, tmp_path: Path) -> None:
    checkout = tmp_path / "action checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*LEFT_OUT))
    job.runner.action = checkout
    job.runner.environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    # A constraint of the project's own would hide one that the action forgets.
    job.runner.environment.pop("PIP_CONSTRAINT", None)
    job.runner.environment["HOME"] = os.environ.get("HOME", str(tmp_path))
    job.write("manifests/job.yaml", "image: alpine:3\ncpu: 300\n")

    done = job.runner.use({"python": sys.executable, "check-only": "true"})

    assert [each.status for each in done.steps] == [0, 1], done.log
    assert "title=ecsplan%3A fargate-cpu" in done.log
    assert Path(done.steps[1].environment["ECSPLAN_PYTHON"]).is_relative_to(tmp_path)
