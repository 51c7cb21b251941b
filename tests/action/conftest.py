"""A job of GitHub Actions that uses the action."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from composite_action import Runner
from github_comments import Comments, GitHub
from places import ROOT
from workflow_job import COMMIT, TOKEN, Job, fake_python

from ecsplan_local import serve


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """Return a job of a workflow of a pull request."""
    folders = {name: tmp_path / name for name in ("checkout", "temp", "files", "home")}
    for each in folders.values():
        each.mkdir()
    installed = tmp_path / "installed"
    fake_python(tmp_path / "python", installed)
    (tmp_path / "event.json").write_text(
        json.dumps({"number": 7, "pull_request": {"number": 7, "head": {"sha": COMMIT}}}), "utf-8"
    )
    comments = Comments()
    with serve(runner="process", record=True) as endpoint, GitHub(comments) as github:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folders["home"]),
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.url,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_JOB": "nightly",
            "GITHUB_REPOSITORY": "octo/jobs",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "1658821493",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": "ffffffffffffffffffffffffffffffffffffffff",
            "GITHUB_WORKFLOW": "Jobs",
            "GITHUB_WORKSPACE": str(folders["checkout"]),
            "RUNNER_TEMP": str(folders["temp"]),
        }
        contexts = {"github": {"token": TOKEN}}
        runner = Runner(ROOT, folders["files"], folders["checkout"], environment, contexts)
        yield Job(runner, endpoint, comments, installed)
