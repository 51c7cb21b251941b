"""The README's commands print what it shows, and its links lead somewhere."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from page_commands import run, shell_in
from page_text import shown, texts
from places import ROOT
from printed_output import same

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = texts(README, "console")
PYTHON = texts(README, "python")


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a shell in which `ecsplan` is this checkout's."""
    return shell_in(tmp_path)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_commands_print_what_the_readme_shows(block: str, tmp_path: Path, shell: dict[str, str]) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")

    for command, expected in shown(block):
        if command == "make demo":
            assert "demo.sh" in (ROOT / "Makefile").read_text("utf-8")
            continue
        printed = run(command, tmp_path, shell)
        assert same(expected, printed), (command, printed)


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
