"""What `--help` shows of each command."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from places import ROOT

from ecsplan.version import __version__
from ecsplan_cli.main import COMMANDS, OF_OTHER_TOOLS, SECTIONS, group, main

DOCS = ROOT / "docs"


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_stand_a_line_each(command: str) -> None:
    shown = CliRunner().invoke(group, [command, "--help"])

    assert shown.exit_code == 0
    assert "\\b" not in shown.output
    assert re.search(rf"\n    ecsplan {command}( |\n|$)", shown.output)


def test_the_values_of_a_missing_option_stand_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", "job.yaml"])

    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert "'--to'. Choose from:\n  prefect-work-pool,\n  aws-cli," in shown


@pytest.mark.parametrize("command", ["check", "compile", "diff", "preview"])
def test_what_a_directory_stands_for(command: str, bare: Path) -> None:
    for name in ("seen", ".hidden", "below/too", "below/.hidden", ".below/hidden"):
        (bare / f"jobs/{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
        (bare / f"jobs/{name}.yaml").write_text(f"image: alpine\nunknown-{len(name)}: 1\n", encoding="utf-8")

    shown = CliRunner().invoke(group, [command, "--help"])
    done = CliRunner().invoke(group, [command, "jobs"])

    assert "a directory (every *.yaml and *.yml file below it that is not hidden)" in " ".join(
        shown.output.split()
    )
    assert [line.split(":")[0] for line in done.stderr.splitlines() if line.startswith("jobs/")] == [
        "jobs/below/too.yaml",
        "jobs/seen.yaml",
    ]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("run", "`ecsplan apply plan.json` runs its jobs"),
        ("plan", "`ecsplan diff` shows what it would do"),
        ("validate", "`ecsplan check` reports every problem"),
        ("lint", "`ecsplan check` reports every problem"),
        ("list", "`ecsplan runs` lists runs"),
        ("ps", "`ecsplan runs` lists runs"),
        ("describe", "`ecsplan status RUN` shows one"),
        ("valdate", "`ecsplan check` reports every problem"),
        ("chek", "Did you mean 'check'?"),
        ("Apply", "Did you mean 'apply'?"),
        ("job one.yaml", "`ecsplan check 'job one.yaml'` checks a manifest"),
        ("plan.json", "`ecsplan apply plan.json` executes a plan"),
    ],
)
def test_a_command_of_another_tool_gets_a_hint(word: str, hint: str) -> None:
    done = CliRunner().invoke(group, [word], prog_name="ecsplan")

    assert done.exit_code == 2
    assert f"No such command '{word}'." in done.stderr
    assert hint in done.stderr


def test_a_word_like_nothing_gets_no_hint() -> None:
    done = CliRunner().invoke(group, ["qqqq"], prog_name="ecsplan")

    assert done.stderr.endswith("Error: No such command 'qqqq'.\n")


@pytest.mark.parametrize("arguments", [["version"], ["--version"], ["-V"]])
def test_the_version_is_shown(arguments: list[str]) -> None:
    assert CliRunner().invoke(group, arguments).output == f"ecsplan {__version__}\n"


def test_no_command_hides_behind_a_hint() -> None:
    assert not COMMANDS.keys() & OF_OTHER_TOOLS.keys()
    for hint in OF_OTHER_TOOLS.values():
        named = re.findall("`ecsplan ([a-z]+)", hint)
        assert set(named) <= COMMANDS.keys()


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_man_page_is_laid_out_without_a_warning() -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", str(DOCS / "ecsplan.1")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "interrupted by SIGHUP" in done.stdout


def test_every_command_stands_in_a_section_of_the_help() -> None:
    shown = CliRunner().invoke(group, ["--help"]).output
    sections = re.split(r"^(\S.*):$", shown, flags=re.MULTILINE)[1:]
    titles = dict(zip(sections[::2], sections[1::2], strict=True))

    assert list(SECTIONS) == [each for each in titles if each != "Options"]
    for title, commands in SECTIONS.items():
        assert re.findall(r"^  ([a-z]+) ", titles[title].partition("\n\n")[0], re.MULTILINE) == list(commands)


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        pytest.param("apply", "`ecsplan compile job.yaml -o plan.json` writes one.", id="a plan"),
        *(
            pytest.param(each, "`ecsplan runs` lists them.", id=each)
            for each in ("status", "logs", "wait", "stop", "exec")
        ),
        pytest.param("init", "`image:` and `command:` in a file are a manifest", id="a source"),
    ],
)
def test_what_is_missing_is_said_to_come_from_somewhere(command: str, hint: str, bare: Path) -> None:
    done = CliRunner().invoke(group, [command])

    assert done.exit_code == 2
    assert hint in done.stderr
