"""A release: what is refused, what is committed and tagged, and what a failure leaves behind."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from places import ROOT

SCRIPT = ROOT / ".ci" / "release.py"
DATE = "2026-02-03"
CHANGES = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n\n- The first.\n"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the source distribution does not have .ci")


def loaded(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def release() -> ModuleType:
    return loaded(SCRIPT)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        pytest.param("0.1.4", None, id="the current one"),
        pytest.param("0.1.5", None, id="a patch"),
        pytest.param("0.2.0", None, id="a minor version"),
        pytest.param("1.0.0", None, id="a major version"),
        pytest.param("0.1.3", "after 0.1.4 comes 0.1.5, 0.2.0 or 1.0.0", id="an earlier one"),
        pytest.param("0.3.0", "after 0.1.4 comes", id="one left out"),
        pytest.param("0.2.1", "after 0.1.4 comes", id="a minor version with a patch"),
        pytest.param("v0.2.0", "is not a version", id="a tag"),
        pytest.param("0.2", "is not a version", id="two numbers"),
        pytest.param("0.2.0rc1", "is not a version", id="a candidate"),
        pytest.param("0.02.0", "is not a version", id="a leading zero"),
        pytest.param("", "is not a version", id="nothing"),
    ],
)
def test_versions(version: str, said: str | None, release: ModuleType) -> None:
    if said is None:
        release.refuse_version(version, "0.1.4")
        return
    with pytest.raises(release.NotReleasableError, match=said):
        release.refuse_version(version, "0.1.4")


def test_the_entries_get_a_section(release: ModuleType) -> None:
    assert release.dated_changelog(CHANGES, "0.2.0", DATE) == (
        f"# Changelog\n\n## Unreleased\n\n## 0.2.0 - {DATE}\n\n### Added\n\n- A thing.\n\n"
        "## 0.1.0 - 2026-01-01\n\n- The first.\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(CHANGES.replace("- A thing.\n", ""), "no entries under Unreleased", id="no entry"),
        pytest.param(CHANGES.replace("## Unreleased\n", ""), "no entries under Unreleased", id="no section"),
        pytest.param(f"{CHANGES}\n## 0.2.0 - {DATE}\n", "has a section 0.2.0", id="released already"),
    ],
)
def test_changelogs_that_do_not_do(text: str, said: str, release: ModuleType) -> None:
    with pytest.raises(release.NotReleasableError, match=said):
        release.dated_changelog(text, "0.2.0", DATE)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@localhost")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository of its own with the files of this checkout, as they are."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is not a checkout of git")
    folder = tmp_path / "clone"
    for each in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if each and (ROOT / each).is_file() and not each.startswith(("tests/", "bench/")):
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / each, folder / each)
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@localhost")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


def test_a_release_is_committed_and_tagged(clone: Path) -> None:
    script = loaded(clone / ".ci" / "release.py")

    script.release("0.2.0", DATE, [script.BUILT, script.METADATA])

    assert git(clone, "log", "-1", "--format=%s").strip() == "Release 0.2.0"
    assert git(clone, "diff", "--name-only", "HEAD~1").split() == [script.CHANGELOG, script.VERSION_FILE]
    assert git(clone, "describe", "--exact-match").strip() == "v0.2.0"
    assert git(clone, "status", "--porcelain") == ""
    assert f"## Unreleased\n\n## 0.2.0 - {DATE}\n" in (clone / "CHANGELOG.md").read_text("utf-8")
    assert sorted(each.name for each in (clone / "dist").iterdir()) == [
        "ecsplan-0.2.0-py3-none-any.whl",
        "ecsplan-0.2.0.tar.gz",
    ]


def test_publishing_stays_with_a_person(release: ModuleType) -> None:
    said = release.how_to_publish("0.2.0")

    assert "git push --atomic origin HEAD v0.2.0" in said
    assert "twine upload dist/*" in said
    assert "push" not in str(release.CHECKS)
    assert "upload" not in str(release.CHECKS)


@pytest.mark.parametrize(
    ("spoil", "arguments", "said"),
    [
        pytest.param("new.txt", ["0.2.0"], "the checkout is not clean", id="a file too many"),
        pytest.param("README.md", ["0.2.0"], "the checkout is not clean", id="a changed file"),
        pytest.param("", ["9.0.0"], "after 0.1.0 comes", id="a version too far"),
        pytest.param("tag", ["0.2.0"], "the tag v0.2.0 exists", id="a tag that exists"),
    ],
)
def test_what_is_refused_changes_nothing(spoil: str, arguments: list[str], said: str, clone: Path) -> None:
    if spoil == "tag":
        git(clone, "tag", "v0.2.0")
    elif spoil:
        (clone / spoil).write_text("changed\n", "utf-8")
    before = git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD"), git(clone, "tag")

    done = subprocess.run(
        [sys.executable, ".ci/release.py", *arguments], cwd=clone, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert f"error: {said}" in done.stderr
    assert before == (git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD"), git(clone, "tag"))


def test_a_check_that_fails_leaves_the_checkout_as_it_was(clone: Path) -> None:
    script = loaded(clone / ".ci" / "release.py")
    head = git(clone, "rev-parse", "HEAD")

    with pytest.raises(script.NotReleasableError, match="failed; nothing was committed"):
        script.release("0.2.0", DATE, [("no_such_module",)])

    assert (git(clone, "status", "--porcelain"), git(clone, "tag")) == ("", "")
    assert git(clone, "rev-parse", "HEAD") == head
