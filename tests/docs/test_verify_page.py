"""docs/verify.md: its command prints what it shows, and its table is that of the checks."""

import json
import re
import shlex

import pytest
from aws_world import Aws
from page_commands import parse
from page_text import shown, texts
from places import ROOT

from ecsplan_applier.aws import operations
from ecsplan_applier.verify.order import CHECKS

PAGE = (ROOT / "docs/verify.md").read_text("utf-8")
((COMMAND, EXPECTED),) = shown(texts(PAGE, "console")[0])
WRITTEN = re.findall(r"^ +(ecsplan .*?)(?:  +.*)?$", PAGE, re.MULTILINE)


def test_the_command_prints_what_the_page_shows(aws: Aws) -> None:
    aws.write("job.yaml", texts(PAGE, "yaml")[0])

    done = aws.run(*shlex.split(COMMAND)[1:])

    assert (done.exit_code, done.stdout, done.stderr) == (1, "", EXPECTED)


def test_the_json_is_what_the_page_shows(aws: Aws) -> None:
    aws.write("job.yaml", texts(PAGE, "yaml")[0])

    found = json.loads(aws.run("verify", "--local", "--format", "json", "job.yaml").stdout)

    assert [each for each in found if each["state"] == "fails"] == json.loads(texts(PAGE, "json")[0])


@pytest.mark.parametrize("line", WRITTEN)
def test_commands_can_be_run_as_written(line: str) -> None:
    parse(line)


CHECK_TABLE = PAGE.partition("| check | ")[2].partition("---")[2]


def test_each_check_names_calls_that_ecsplan_makes() -> None:
    prefixes = {"efs": "elasticfilesystem", "service-quotas": "servicequotas"}
    made = {
        f"{prefixes.get(each.service, each.service)}:{'ListBucket' if each.service == 's3' else each.name}"
        for each in vars(operations).values()
        if isinstance(each, operations.Operation)
    }
    rows = re.findall(r"^\| ([a-z][a-z-]+) \| .*? \| (.*?) \| .*? \|$", CHECK_TABLE, re.MULTILINE)

    assert [name for name, _ in rows] == [each.name for each in CHECKS]
    assert {call for _, calls in rows for call in re.findall(r"`(.+?)`", calls)} <= made
