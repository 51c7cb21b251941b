"""What `--help` shows of each command."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ecsplan_cli.main import COMMANDS, group


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_stand_a_line_each(command: str) -> None:
    shown = CliRunner().invoke(group, [command, "--help"])

    assert shown.exit_code == 0
    assert "\\b" not in shown.output
    assert f"\n    ecsplan {command} " in shown.output


@pytest.mark.parametrize("command", ["check", "compile", "diff", "preview"])
def test_what_a_directory_stands_for(command: str, bare: Path) -> None:
    for name in ("seen", ".hidden", "below/too", "below/.hidden", ".below/hidden"):
        (bare / f"jobs/{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
        (bare / f"jobs/{name}.yaml").write_text("image: alpine\nunknown: 1\n", encoding="utf-8")

    shown = CliRunner().invoke(group, [command, "--help"])
    done = CliRunner().invoke(group, [command, "jobs"])

    assert "a directory (all *.yaml and *.yml below it that are not hidden)" in " ".join(shown.output.split())
    assert [line.split(":")[0] for line in done.stderr.splitlines() if line.startswith("jobs/")] == [
        "jobs/below/too.yaml",
        "jobs/seen.yaml",
    ]
