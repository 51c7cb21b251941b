"""The page on old revisions: its example is what the command prints."""

import re
from pathlib import Path

import boto3
from apply_stage import Command
from places import ROOT

from ecsplan_local import serve

PAGE = (ROOT / "docs" / "prune.md").read_text("utf-8")


def test_the_example_is_what_is_printed(tmp_path: Path) -> None:
    command = re.search(r"^```sh\necsplan (.+)\n```$", PAGE, re.MULTILINE)
    table = re.search(r"^```\n(REVISION.+?)```$", PAGE, re.MULTILINE | re.DOTALL)
    assert command is not None
    assert table is not None

    with serve(runner="scripted") as endpoint:
        ecs = boto3.client(
            "ecs",
            region_name="us-east-1",
            endpoint_url=endpoint.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        containers = [{"name": "main", "image": "alpine", "memory": 64}]
        for _ in range(5):
            ecs.register_task_definition(family="nightly-etl", containerDefinitions=containers)
        ecs.create_service(serviceName="web", taskDefinition="nightly-etl:2", desiredCount=0)
        done = Command(endpoint, tmp_path).run(*command[1].split())

    assert (done.status, done.out) == (2, table[1])
