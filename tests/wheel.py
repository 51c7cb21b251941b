"""The wheel: built, installed in an empty environment and used. `make check` runs this module."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest
from places import ROOT


def run(command: Sequence[str | Path], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout's environment; its output is shown where it fails."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        cwd=cwd,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment that holds only the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT])
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    run([programs / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel])
    return programs


def test_the_wheel_compiles_every_manifest(installed: Path, tmp_path: Path) -> None:
    plan = run([installed / "ecsplan", "compile", "--offline", ROOT / "manifests"], cwd=tmp_path).stdout

    jobs = json.loads(plan)["jobs"]
    assert len(jobs) >= len(list((ROOT / "manifests").glob("*.yaml")))
    for name in ("plan", "result", "events"):
        assert json.loads(run([installed / "ecsplan", "schema", name], cwd=tmp_path).stdout)["title"]


def test_the_wheel_is_typed_and_complete(installed: Path, tmp_path: Path) -> None:
    code = (
        "import ecsplan, ecsplan_applier, ecsplan_local, ecsplan_cli, pathlib\n"
        "for package in (ecsplan, ecsplan_applier, ecsplan_local, ecsplan_cli):\n"
        "    folder = pathlib.Path(package.__file__).parent\n"
        "    assert (folder / 'py.typed').exists(), folder\n"
        "    assert 'site-packages' in str(folder), folder\n"
        "assert ecsplan.compile_manifest('image: alpine', file='job.yaml').plan is not None\n"
        "assert ecsplan.decide({'family': 'f', 'containerDefinitions': []}, None).action == 'register'\n"
    )
    run([installed / "python", "-c", code], cwd=tmp_path)


def test_the_wheel_has_the_documentation(installed: Path, tmp_path: Path) -> None:
    listed = run([installed / "ecsplan", "docs"], cwd=tmp_path).stdout.splitlines()

    assert {each.split()[0] for each in listed} == {
        each.relative_to(ROOT / "docs").with_suffix("").as_posix() for each in (ROOT / "docs").rglob("*.md")
    }
    page = (ROOT / "docs" / "manifest.md").read_text("utf-8")
    assert run([installed / "ecsplan", "docs", "manifest"], cwd=tmp_path).stdout == page
    assert (installed.parent / "share/man/man1/ecsplan.1").read_text("utf-8").startswith(".TH ECSPLAN 1")


def test_the_wheel_runs_a_job(installed: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "job.yaml"
    manifest.write_text(
        "image: none\nstream_output: true\nexecution_role_arn: logs\ncommand: [echo, hello from the wheel]\n",
        "utf-8",
    )
    local: list[str | Path] = ["--local", "--runner", "process", "--state", tmp_path / "state.sqlite3"]
    plan = tmp_path / "plan.json"
    run([installed / "ecsplan", "compile", manifest, "-o", plan, *local], cwd=tmp_path)

    done = run([installed / "ecsplan", "apply", plan, *local], cwd=tmp_path)

    assert "hello from the wheel" in done.stdout
