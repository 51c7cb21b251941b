"""docs/schedule.md: its commands print what it shows, its policies are valid, and its claims hold."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from emulator_servers import Emulator
from page_commands import parse
from page_text import shown, texts
from places import ROOT

from ecsplan.rules.schedules import CARRIED_OUT_BY_APPLY
from ecsplan.schedules.names import MARK
from ecsplan_applier.verify.trust import AssumingService, trusts
from ecsplan_cli.main import group

PAGE = (ROOT / "docs/schedule.md").read_text("utf-8")
POLICIES = [json.loads(each) for each in texts(PAGE, "json")]
WRITTEN = re.findall(r"^    (ecsplan schedule[^#\n]*?)(?:  |$)", PAGE, re.MULTILINE)


def test_commands_print_what_the_page_shows(
    moto_account: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = tmp_path / "nightly.yaml"
    job.write_text(texts(PAGE, "yaml")[0], "utf-8")
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": moto_account.url,
        "AWS_REGION": "us-east-1",
    }
    commands = [each for block in texts(PAGE, "console") for each in shown(block)]

    assert len(commands) == 3
    for number, (command, expected) in enumerate(commands):
        if number == 2:
            job.write_text(job.read_text("utf-8").replace("alpine:3", "alpine:3.22"), "utf-8")
        done = CliRunner().invoke(group, shlex.split(command)[1:], env=environment)
        assert (done.exit_code, done.stderr) == (0, "")
        assert re.sub("next: .+", "next: …", done.stdout) == expected, command


@pytest.mark.parametrize("line", WRITTEN)
def test_the_other_commands_can_be_run_as_written(line: str) -> None:
    parse(re.sub(r"[][]", "", line))


def test_the_page_names_its_commands() -> None:
    assert len(WRITTEN) == 5


def test_the_trust_policy_lets_scheduler_assume_the_role() -> None:
    source = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/default"

    assert (
        trusts(POLICIES[0], AssumingService("scheduler.amazonaws.com", "123456789012", source)).state
        == "trusted"
    )
    assert (
        trusts(POLICIES[0], AssumingService("scheduler.amazonaws.com", "999999999999", "*")).state
        == "refused"
    )


def test_every_key_that_has_no_effect_is_named() -> None:
    listed = PAGE.partition("## What EventBridge Scheduler does not do")[2].partition("##")[0]
    named = {"retry", "task_start_timeout_seconds", "task_timeout_seconds", "log_retention"}

    assert "timeouts" in listed
    assert "`retry` of the job" in listed
    assert [each for each in CARRIED_OUT_BY_APPLY if each not in named and f"`{each}`" not in listed] == []


def test_the_mark_is_the_one_that_is_written() -> None:
    assert f"begins with `{MARK}`" in PAGE
