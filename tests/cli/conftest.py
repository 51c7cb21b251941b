"""Fixtures of the command's tests: an embedded ECS over HTTP, and a machine without any AWS settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_world import REGION, Aws

from ecsplan_local import serve


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Work in an empty folder of a machine without any AWS settings."""
    for name in [each for each in os.environ if each.startswith(("AWS_", "GITHUB_"))] + ["NO_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def aws(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Serve an embedded ECS, and point the SDK's environment to it."""
    with serve(runner="scripted", record=True) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_REGION", REGION)
        world = Aws(endpoint, bare)
        yield world
        for each in world.clients:
            each.close()
