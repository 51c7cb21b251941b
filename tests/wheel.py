"""The distribution: built, checked, installed in an empty environment, used. `make check` runs this module.

The wheel is built from the unpacked source distribution, as whoever packages ecsplan builds it.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
from collections.abc import Mapping, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from places import ROOT

from ecsplan_cli.pages import short_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PACKAGES = ("compiler", "applier", "local", "convert", "cli")
NEEDED_TO_TEST = (
    "Makefile",
    "mkdocs.yml",
    "constraints.txt",
    "docs",
    "manifests",
    "schemas",
    "tests",
    "bench",
    *PACKAGES,
)


def run(
    command: Sequence[str | Path], cwd: Path | None = None, *, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout's environment; its output is shown where it fails."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= more or {}
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
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the source distribution and of the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT])
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment that holds only the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = built.glob("*.whl")
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

    written = (each.relative_to(ROOT / "docs").with_suffix("") for each in (ROOT / "docs").rglob("*.md"))
    names = {short_name(each.as_posix()) for each in written}
    # The page that lists how-to pages is not listed beside them.
    assert {each.split()[0] for each in listed if each.startswith(" ")} == names - {"how-to"}
    page = (ROOT / "docs" / "images.md").read_text("utf-8")
    assert run([installed / "ecsplan", "docs", "images"], cwd=tmp_path).stdout == page
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


def test_both_ways_to_start_it_are_one_command(installed: Path, tmp_path: Path) -> None:
    for module in ("ecsplan", "ecsplan_cli"):
        command: list[str | Path] = [installed / "python", "-m", module]
        assert run([*command, "--version"], cwd=tmp_path).stdout == f"ecsplan {version()}\n"
        assert run([*command, "check", "--help"], cwd=tmp_path).stdout.startswith("Usage: ecsplan check")


def test_an_index_takes_the_distribution(built: Path) -> None:
    run([sys.executable, "-m", "twine", "check", "--strict", *sorted(built.iterdir())])


def version() -> str:
    found = re.search(r'__version__ = "(.+)"', (ROOT / "compiler/ecsplan/version.py").read_text("utf-8"))
    assert found is not None
    return found[1]


def metadata(built: Path) -> Message:
    (wheel,) = built.glob("*.whl")
    with ZipFile(wheel) as files:
        text = files.read(f"ecsplan-{version()}.dist-info/METADATA").decode("utf-8")
    return Parser().parsestr(text)


def test_every_link_of_the_page_is_absolute_and_leads_into_this_version(built: Path) -> None:
    source = PROJECT["urls"]["Source"]
    page = str(metadata(built).get_payload())
    written = (ROOT / "README.md").read_text("utf-8")
    link = re.compile(r"\]\(([^)\s]+)\)")

    assert [each for each in link.findall(page) if not each.startswith("https://")] == []
    ours = [each for each in link.findall(written) if not each.startswith("https://")]
    for each in ours:
        pictured = each.endswith(".svg")
        base = source.replace("//github.com", "//raw.githubusercontent.com") if pictured else f"{source}/blob"
        assert f"]({base}/v{version()}/{each})" in page


def test_the_metadata_say_where_it_runs_and_where_it_is(built: Path) -> None:
    found = metadata(built)

    labels = {each.partition(",")[0] for each in found.get_all("Project-URL", [])}
    assert labels == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    source = PROJECT["urls"]["Source"]
    assert all(each.startswith(source) for each in PROJECT["urls"].values())
    assert (ROOT / "pyproject.toml").read_text("utf-8").count("github.com/") == len(labels) + 1
    stated = set(found.get_all("Classifier", []))
    assert {"Typing :: Typed", "Operating System :: POSIX :: Linux", "Operating System :: MacOS"} <= stated
    assert found["Requires-Python"] == PROJECT["requires-python"]


def test_the_source_distribution_is_tested_as_it_is_unpacked(built: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert [each for each in NEEDED_TO_TEST if not (folder / each).exists()] == []

    # Before the checkout's own packages, which this environment has on its path.
    path = os.pathsep.join(str(folder / each) for each in PACKAGES)
    tests = [
        *("tests/compiler/test_cases.py", "tests/cli/test_help.py"),
        *("tests/docs/test_generated_pages.py", "tests/test_contributing.py"),
    ]
    done = run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        more={"PYTHONPATH": path},
    )

    assert " passed" in done.stdout
