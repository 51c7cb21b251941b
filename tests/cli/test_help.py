"""What `--help` shows of each command."""

import pytest
from click.testing import CliRunner

from ecsplan_cli.main import COMMANDS, group


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_stand_a_line_each(command: str) -> None:
    shown = CliRunner().invoke(group, [command, "--help"])

    assert shown.exit_code == 0
    assert "\\b" not in shown.output
    assert f"\n    ecsplan {command} " in shown.output
