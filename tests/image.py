"""What the Dockerfile builds, used as containers use it. `make check` runs this module.

The steps of its first stage are carried out on this machine, below a scratch folder in place of `/`. The
result is started as another user, without a home, in folders that cannot be written to, and, where podman
works, in containers with a read-only file system. Their root has this machine's Python: the base image comes
from a registry, which tests do not reach, so that what is not shown here is Alpine itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from image_steps import BASE_MIB, MAX_MIB, carry_out_build, carry_out_trial, size_of
from places import ROOT

from ecsplan_local.engine.runner_containers import root_limits

EMPTY_IMAGE = "localhost/ecsplan-empty:1"
OTHER_USER = 12345
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Return the folder in which the steps have been carried out; other users can read it."""
    folder = Path(tempfile.mkdtemp(prefix="ecsplan-image-"))
    folder.chmod(0o755)
    try:
        carry_out_build(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def work(root: Path) -> Iterator[Path]:
    """Return a folder with a manifest and a plan that nobody but root can write to."""
    folder = Path(tempfile.mkdtemp(dir=root))
    (folder / "job.yaml").write_text("image: alpine\ncommand: [echo, hi]\n", "utf-8")
    plan = subprocess.run(
        [root / "opt/ecsplan/bin/ecsplan", "compile", "--offline", "job.yaml"],
        cwd=folder,
        capture_output=True,
        check=True,
    ).stdout
    (folder / "plan.json").write_bytes(plan)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def test_it_holds_what_runs_alone(root: Path) -> None:
    tree = root / "opt" / "ecsplan"

    installed = {each.name.partition("-")[0] for each in tree.rglob("*.dist-info")}
    assert {"ecsplan", "boto3"} <= installed
    assert not installed & {"pip", "pytest", "hatchling", "twine", "setuptools"}


def test_its_versions_are_those_of_the_constraints(root: Path) -> None:
    pinned = {
        line.lower().replace("_", "-").replace(".", "-")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    }
    for each in (root / "opt" / "ecsplan").rglob("*.dist-info"):
        name, _, version = each.name.removesuffix(".dist-info").partition("-")
        stated = f"{name}=={version}".lower().replace("_", "-").replace(".", "-")
        assert name == "ecsplan" or stated in pinned


def test_the_step_that_tries_it_succeeds_and_all_is_small(root: Path, work: Path, tmp_path: Path) -> None:
    compiled = carry_out_trial(root, work, tmp_path)

    assert compiled > 0
    assert size_of(root / "opt" / "ecsplan") + compiled < (MAX_MIB - BASE_MIB) * 2**20


def user_process(root: Path, work: Path, environment: Mapping[str, str], *, user: int | None) -> Run:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [root / "opt/ecsplan/bin/ecsplan", *arguments],
            cwd=work,
            env={"PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=None if user is None else (),
        )

    return run


def enterable(path: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in path.resolve().parents)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="no HOME"),
        pytest.param({"HOME": "/nonexistent"}, id="a HOME that does not exist"),
        pytest.param({"HOME": "/proc"}, id="a HOME that cannot be written to"),
        pytest.param({"HOME": "/"}, id="as Docker sets it for an unknown user"),
    ],
)
@pytest.mark.parametrize("user", [None, OTHER_USER], ids=["this user", "another user"])
def test_a_process_without_a_home(
    user: int | None, environment: Mapping[str, str], root: Path, work: Path
) -> None:
    if user is not None and os.geteuid() != 0:
        pytest.skip("only root can start a process as another user")
    if user is not None and not enterable(Path(sys.base_prefix, "bin")):
        pytest.skip(f"other users cannot enter {sys.base_prefix}, where Python is")
    manifests_are_compiled(user_process(root, work, environment, user=user))


def manifests_are_compiled(run: Run) -> None:
    """See that what needs neither AWS nor a folder to write to runs."""
    checked, compiled = run("check", "job.yaml"), run("compile", "--offline", "job.yaml")
    shown = run("docs", "rules")

    assert (checked.returncode, checked.stderr) == (0, "1 file, 1 job: 0 errors, 0 warnings\n")
    assert (compiled.returncode, compiled.stdout[:1]) == (0, "{")
    assert (shown.returncode, shown.stdout[:2]) == (0, "# ")
    for each in (checked, compiled, shown):
        assert "Traceback" not in each.stderr


@pytest.fixture(scope="module")
def empty_image() -> str:
    """Import an image without files; skip where podman is missing or does not work."""
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed (.ci/podman-setup installs it)")
    made = subprocess.run(
        ["podman", "import", "-", EMPTY_IMAGE], input=b"\0" * 10240, capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"podman does not work here: {made.stderr.decode(errors='replace').strip()[-200:]}")
    return EMPTY_IMAGE


@pytest.fixture
def container(empty_image: str, root: Path, work: Path) -> Run:
    """Return what runs ecsplan in a container of an unknown user, in which nothing can be written."""
    python = Path(sys.base_prefix)
    shared = [each for each in (Path("/lib"), Path("/lib64"), Path("/usr/lib"), python) if each.exists()]
    mounts = [f"--volume={each}:{each}:ro" for each in (*shared, root)]

    def run(*arguments: str, options: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        entry = root / "opt/ecsplan/bin/ecsplan"
        return subprocess.run(
            [
                *("podman", "run", "--rm", "--network=none", "--read-only", "--read-only-tmpfs=false"),
                *(f"--user={OTHER_USER}", f"--workdir={work}", f"--entrypoint={entry}"),
                *(*root_limits().values(), *mounts, *options, empty_image, *arguments),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    if (tried := run("version")).returncode == 126:
        pytest.skip(f"podman runs no container here: {tried.stderr.strip()[-200:]}")
    return run


def test_a_container_in_which_nothing_can_be_written(container: Run) -> None:
    manifests_are_compiled(container)


def test_an_apply_says_what_cannot_be_written(container: Run) -> None:
    done = container("apply", "plan.json", "--local", "--runner", "process")

    assert (done.returncode, done.stdout) == (125, "")
    assert (
        "the state file /tmp/ecsplan-12345/local.sqlite3 cannot be opened: Read-only file system"
        in done.stderr
    )
    assert "failed unexpectedly" not in done.stderr


def test_an_apply_runs_with_a_writable_tmp(container: Run) -> None:
    done = container(
        *("apply", "plan.json", "--refresh", "--local", "--runner", "process", "--region", "us-east-1"),
        options=("--tmpfs=/tmp",),
    )

    assert "1 of 1 task" in done.stderr, done.stderr
