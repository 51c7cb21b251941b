"""`check --strict` shows warnings as errors, in every format; comments silence warnings for every command."""

import json
from pathlib import Path

import pytest
from aws_world import Aws
from click.testing import CliRunner

from ecsplan_cli.main import group

WARNED = "image: alpine\ncommand: echo hello > /tmp/greeting\n"
SILENCED = "image: alpine\ncommand: echo hello > /tmp/greeting # ecsplan: ignore[command-shell]\n"


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        pytest.param("text", "job.yaml:2:10: error[command-shell]: ", id="text"),
        pytest.param("json", '"severity": "error"', id="json"),
        pytest.param("github", "::error file=job.yaml,line=2,", id="github"),
    ],
)
def test_strict_shows_warnings_as_errors(form: str, shown: str, bare: Path) -> None:
    (bare / "job.yaml").write_text(WARNED)

    strict = CliRunner().invoke(group, ["check", "--strict", "--format", form, "job.yaml"])
    lax = CliRunner().invoke(group, ["check", "--format", form, "job.yaml"])

    assert (strict.exit_code, lax.exit_code) == (1, 0)
    assert shown in strict.output
    assert shown not in lax.output


def test_strict_leaves_a_clean_manifest_alone(bare: Path) -> None:
    (bare / "job.yaml").write_text(SILENCED)

    result = CliRunner().invoke(group, ["check", "--strict", "--format", "json", "job.yaml"])

    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_strict_counts_what_is_wrong_with_comments(bare: Path) -> None:
    (bare / "job.yaml").write_text("image: alpine # ecsplan: ignore[comand-shell]\n")

    result = CliRunner().invoke(group, ["check", "--strict", "job.yaml"])

    assert result.exit_code == 1
    assert "error[unknown-ignore]" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check"], id="check"),
        pytest.param(["compile", "--offline"], id="compile"),
        pytest.param(["preview"], id="preview"),
    ],
)
def test_every_offline_command_heeds_the_comments(arguments: list[str], bare: Path) -> None:
    (bare / "warned.yaml").write_text(WARNED)
    (bare / "silenced.yaml").write_text(SILENCED)

    warned = CliRunner().invoke(group, [*arguments, "warned.yaml"])
    silenced = CliRunner().invoke(group, [*arguments, "silenced.yaml"])

    assert "command-shell" in warned.stderr
    assert "command-shell" not in silenced.stderr


def test_so_does_what_asks_aws(aws: Aws) -> None:
    (aws.folder / "warned.yaml").write_text(WARNED)
    (aws.folder / "silenced.yaml").write_text(SILENCED)

    warned = CliRunner().invoke(group, ["diff", "warned.yaml"])
    silenced = CliRunner().invoke(group, ["diff", "silenced.yaml"])

    assert (warned.exit_code, silenced.exit_code) == (0, 0)
    assert "command-shell" in warned.stderr
    assert "command-shell" not in silenced.stderr


def test_online_an_ignore_of_what_aws_did_not_say_is_unused(aws: Aws) -> None:
    (aws.folder / "job.yaml").write_text("image: alpine # ecsplan: ignore[linked-changed]\n")

    result = CliRunner().invoke(group, ["compile", "job.yaml"])

    assert "warning[unused-ignore]: linked-changed reports nothing on this line" in result.stderr
