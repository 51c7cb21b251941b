"""Where ecsplan itself fails, no command ends with a status that means something else."""

import click
import pytest

from ecsplan_cli import main as command_line
from ecsplan_cli.main import COMMANDS


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each command fail as a mistake in it would."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("s3cret of a manifest")

    def command(self: object, ctx: click.Context, name: str) -> click.Command:
        del self, ctx
        return click.Command(name, callback=fail, context_settings={"ignore_unknown_options": True})

    monkeypatch.setattr(command_line._Lazy, "get_command", command)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_crash_is_no_result(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main([command])

    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (125, "")
    assert "has failed unexpectedly (KeyError in test_crash.py:" in shown.err
    assert "help: please report this" in shown.err
    assert "s3cret" not in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.usefixtures("broken")
def test_the_traceback_is_shown_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECSPLAN_TRACEBACK", "1")

    with pytest.raises(SystemExit):
        command_line.main(["diff"])

    assert "Traceback" in capsys.readouterr().err
