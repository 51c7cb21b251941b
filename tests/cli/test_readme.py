"""The README's commands print what it shows, its links lead somewhere, its exit statuses are the code's."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from processes import SCRIPT

from ecsplan_cli import exits

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)

VARIABLE = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "TASK-ID"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "RUN-ID"),
    (re.compile(r"\b(task|N s|s) +[0-9a-f]{8}\b"), r"\1 TASK"),
    (re.compile(r" +\d+(\.\d)? s\b"), " N s"),
    (re.compile(r"subnet-[0-9a-f]+"), "SUBNET"),
)
STATE = re.compile(r": [A-Z]+ after N s$")


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a shell in which `ecsplan` is this checkout's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ecsplan").symlink_to(SCRIPT)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    return {**kept, "PATH": f"{programs}:{os.environ['PATH']}", "XDG_STATE_HOME": str(tmp_path / "state")}


def run(command: str, folder: Path, shell: dict[str, str]) -> str:
    """Return what a command prints, stdout and stderr as a terminal shows them."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def steady(text: str) -> list[str]:
    """Return the lines without what differs from run to run: names, times, and which states a look met.

    The log goes to stdout and progress to stderr, so their lines meet in one order or another.
    """
    for pattern, name in VARIABLE:
        text = pattern.sub(name, text)
    return sorted(line for line in text.splitlines() if not STATE.search(line))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_commands_print_what_the_readme_shows(block: str, tmp_path: Path, shell: dict[str, str]) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    commands = COMMAND.findall(block)
    shown = COMMAND.split(block)[2::2]

    for command, expected in zip(commands, shown, strict=True):
        if command == "make demo":
            assert "demo.sh" in (ROOT / "Makefile").read_text("utf-8")
            continue
        assert steady(run(command, tmp_path, shell)) == steady(expected.removeprefix("\n"))


def test_the_demo_runs_its_job_twice_and_registers_once(tmp_path: Path, shell: dict[str, str]) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")

    printed = run("sh manifests/demo.sh", tmp_path, shell)

    assert printed.count("loaded 2 tables\n") >= 2
    assert "nightly-etl: registered " in printed
    assert "nightly-etl: reuses " in printed
    assert {each.name for each in tmp_path.iterdir()} == {"bin", "build", "manifests"}


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_the_library_does_what_the_readme_shows(code: str, tmp_path: Path, shell: dict[str, str]) -> None:
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert '"plan_version": 1' in printed
    assert printed.endswith("register ()\n")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert link.startswith("https://") or (ROOT / link).exists()


def test_the_exit_statuses_are_those_of_the_code() -> None:
    stated = {
        int(each) for row in re.findall(r"^\| ([\d, ]+) \|", README, re.MULTILINE) for each in row.split(",")
    }
    named = {value for name, value in vars(exits).items() if name.isupper()}

    assert stated <= named
    assert named - stated == {exits.READER_GONE}
