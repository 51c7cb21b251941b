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
    ("text", "expected"),
    [
        pytest.param("pip install ecsplan==0.1.4", "pip install ecsplan==0.2.0", id="pip"),
        pytest.param("sh 'pip install ecsplan==0.1.4'", "sh 'pip install ecsplan==0.2.0'", id="in quotes"),
        pytest.param("- uses: ecsplan/ecsplan@v0.1.4\n", "- uses: ecsplan/ecsplan@v0.2.0\n", id="the Action"),
        pytest.param(
            "git+https://h.test/e/ecsplan@v0.1.4`.", "git+https://h.test/e/ecsplan@v0.2.0`.", id="git"
        ),
        pytest.param("    rev: v0.1.4\n", "    rev: v0.2.0\n", id="the hook"),
        pytest.param(
            "docker run h.test/ecsplan:0.1.4 c", "docker run h.test/ecsplan:0.2.0 c", id="the image"
        ),
        pytest.param("Install ecsplan==0.1.4.", "Install ecsplan==0.2.0.", id="at the end of a sentence"),
        pytest.param("ecsplan==0.1.40", "ecsplan==0.1.40", id="a longer number"),
        pytest.param("ecsplan==0.1.4.1", "ecsplan==0.1.4.1", id="four numbers"),
        pytest.param("ecsplan==0.1.4rc1", "ecsplan==0.1.4rc1", id="a candidate"),
        pytest.param("ecsplan==0x1x4", "ecsplan==0x1x4", id="no dots"),
        pytest.param("other==0.1.4, at 10.0.1.4", "other==0.1.4, at 10.0.1.4", id="what is not ecsplan"),
    ],
)
def test_pages_name_the_version(text: str, expected: str, release: ModuleType) -> None:
    assert release.naming(text, "0.1.4", "0.2.0") == expected


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
    """Return a repository of its own with the files of this checkout, whose version is 0.71.4, not tagged."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is not a checkout of git")
    folder = tmp_path / "clone"
    for each in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if each and (ROOT / each).is_file() and not each.startswith(("tests/", "bench/")):
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / each, folder / each)
    script = loaded(folder / ".ci" / "release.py")
    current = script.stated_version((folder / script.VERSION_FILE).read_text("utf-8"))
    for name in (script.VERSION_FILE, *script.PAGES):
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(
            script.naming(text.replace(f'"{current}"', '"0.71.4"'), current, "0.71.4"), "utf-8"
        )
    (folder / script.CHANGELOG).write_text(CHANGES, "utf-8")
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@localhost")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


def test_a_release_is_committed_and_tagged(clone: Path) -> None:
    script = loaded(clone / ".ci" / "release.py")

    script.release("0.72.0", DATE, [script.BUILT, script.METADATA])

    assert git(clone, "log", "-1", "--format=%s").strip() == "Release 0.72.0"
    changed = git(clone, "diff", "--name-only", "HEAD~1").split()
    assert changed == sorted([script.CHANGELOG, script.VERSION_FILE, *script.PAGES])
    assert git(clone, "describe", "--exact-match").strip() == "v0.72.0"
    assert git(clone, "status", "--porcelain") == ""
    assert f"## Unreleased\n\n## 0.72.0 - {DATE}\n" in (clone / "CHANGELOG.md").read_text("utf-8")
    texts = {each: (clone / each).read_text("utf-8", "replace") for each in git(clone, "ls-files").split()}
    assert [name for name, text in texts.items() if "0.71.4" in text] == []
    assert sorted(each.name for each in (clone / "dist").iterdir()) == [
        "ecsplan-0.72.0-py3-none-any.whl",
        "ecsplan-0.72.0.tar.gz",
    ]


def test_publishing_stays_with_a_person(release: ModuleType) -> None:
    said = release.how_to_publish("0.72.0")

    assert "git push --atomic origin HEAD v0.72.0" in said
    assert "twine upload dist/*" in said
    assert "push" not in str(release.CHECKS)
    assert "upload" not in str(release.CHECKS)


@pytest.mark.parametrize(
    ("spoil", "arguments", "said"),
    [
        pytest.param("new.txt", ["0.72.0"], "the checkout is not clean", id="a file too many"),
        pytest.param("README.md", ["0.72.0"], "the checkout is not clean", id="a changed file"),
        pytest.param("", ["9.0.0"], "after 0.71.4 comes", id="a version too far"),
        pytest.param("tag", ["0.72.0"], "the tag v0.72.0 exists", id="a tag that exists"),
    ],
)
def test_what_is_refused_changes_nothing(spoil: str, arguments: list[str], said: str, clone: Path) -> None:
    if spoil == "tag":
        git(clone, "tag", "v0.72.0")
    elif spoil:
        (clone / spoil).write_text("changed\n", "utf-8")
    before = git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD"), git(clone, "tag")

    done = subprocess.run(
        [sys.executable, ".ci/release.py", *arguments], cwd=clone, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert f"error: {said}" in done.stderr
    assert before == (git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD"), git(clone, "tag"))


def test_a_tag_that_fails_leaves_the_checkout_as_it_was(clone: Path) -> None:
    script = loaded(clone / ".ci" / "release.py")
    head = git(clone, "rev-parse", "HEAD")
    git(clone, "config", "tag.gpgSign", "true")
    git(clone, "config", "gpg.program", "/nonexistent/gpg")

    with pytest.raises(script.NotReleasableError, match="git tag"):
        script.release("0.72.0", DATE, [])

    assert (git(clone, "status", "--porcelain"), git(clone, "tag")) == ("", "")
    assert git(clone, "rev-parse", "HEAD") == head


def test_a_check_that_fails_leaves_the_checkout_as_it_was(clone: Path) -> None:
    script = loaded(clone / ".ci" / "release.py")
    head = git(clone, "rev-parse", "HEAD")

    with pytest.raises(script.NotReleasableError, match="failed; nothing was changed"):
        script.release("0.72.0", DATE, [("no_such_module",)])

    assert (git(clone, "status", "--porcelain"), git(clone, "tag")) == ("", "")
    assert git(clone, "rev-parse", "HEAD") == head
