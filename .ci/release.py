"""Make a release: check, set the version, date the changelog, build, commit and tag (`make release`).

Nothing leaves this machine: what it prints at the end are the commands that publish, for a person to run.
Whatever fails leaves the checkout as it was.
"""

import argparse
import datetime as dt
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION_FILE = "compiler/ecsplan/version.py"
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## Unreleased\n"
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_STATED = re.compile(r'__version__ = "(.+)"')
_INSTALLED = r"(?P<before>\becsplan==|\becsplan@v|\brev: v|/ecsplan:)"
_NAMED = _INSTALLED + r"{version}(?![\w.+-]*\w)"
"""A version as requirements of pip, uses of the Action, hooks of pre-commit and images name it."""
_HOW_TO = {
    each.relative_to(ROOT).as_posix(): each.read_text("utf-8") for each in (ROOT / "docs/how-to").glob("*.md")
}
PAGES = (
    "README.md",
    "docs/pipelines.md",
    *sorted(name for name, text in _HOW_TO.items() if re.search(rf"{_INSTALLED}\d", text)),
)
"""What users copy: each names the version that it installs."""
_ENTRY = re.compile(r"^- \S", re.MULTILINE)
BUILT = ("build", "--no-isolation", "--outdir", "dist", ".")
METADATA = ("twine", "check", "--strict", "dist/*")
USED = (
    "pytest",
    "-q",
    "tests/wheel.py",
    "tests/cli/test_pipelines_page.py::test_the_versions_are_this_one",
    "tests/docs/test_how_to.py::test_a_page_installs_this_version",
)
CHECKS = (BUILT, METADATA, USED)
"""Modules of Python with their arguments: the distribution is built, checked as an index does, and used."""


class NotReleasableError(Exception):
    """Something is missing for a release; the message says what."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the release that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("version", help="such as 1.2.0")
    parser.add_argument("--date", default=dt.datetime.now(tz=dt.UTC).date().isoformat())
    given = parser.parse_args(arguments)
    try:
        release(given.version, given.date)
    except NotReleasableError as reason:
        sys.stderr.write(f"error: {reason}\n")
        return 1
    sys.stdout.write(how_to_publish(given.version))
    return 0


def release(version: str, date: str, checks: Sequence[Sequence[str]] | None = None) -> None:
    """Commit and tag a version once these commands have succeeded; by default all of `CHECKS`.

    Raises:
        NotReleasableError: The version, the checkout, the changelog or what is built does not do.
    """
    current = stated_version((ROOT / VERSION_FILE).read_text("utf-8"))
    refuse_version(version, current)
    if git("status", "--porcelain"):
        raise NotReleasableError("the checkout is not clean; commit or remove what `git status` shows")
    if git("tag", "--list", f"v{version}"):
        raise NotReleasableError(f"the tag v{version} exists")
    texts = released_texts(current, version, date)
    before = git("rev-parse", "HEAD").strip()
    try:
        for name, text in texts.items():
            (ROOT / name).write_text(text, encoding="utf-8")
        shutil.rmtree(ROOT / "dist", ignore_errors=True)
        for each in CHECKS if checks is None else checks:
            run(each)
        git("commit", "--quiet", "--all", "--message", f"Release {version}")
        git("tag", "--annotate", f"v{version}", "--message", f"ecsplan {version}")
    except BaseException:
        git("reset", "--quiet", "--hard", before)
        raise


def released_texts(current: str, version: str, date: str) -> dict[str, str]:
    """Return the files that state the current version, as they state another one.

    Raises:
        NotReleasableError: The changelog does not do.
    """
    texts = {name: (ROOT / name).read_text("utf-8") for name in (VERSION_FILE, CHANGELOG, *PAGES)}
    return {
        VERSION_FILE: with_version(texts[VERSION_FILE], version),
        CHANGELOG: dated_changelog(texts[CHANGELOG], version, date),
        **{name: naming(texts[name], current, version) for name in PAGES},
    }


def refuse_version(version: str, current: str) -> None:
    """Refuse a version that is not x.y.z, or not the next patch, minor or major version of the current one.

    The current version itself is the next one as long as it is not tagged.

    Raises:
        NotReleasableError: It is neither.
    """
    if not _VERSION.fullmatch(version):
        raise NotReleasableError(f"{version!r} is not a version such as 1.2.0")
    major, minor, patch = map(int, current.split("."))
    following = [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"]
    if version != current and version not in following:
        raise NotReleasableError(f"after {current} comes {', '.join(following[:-1])} or {following[-1]}")


def stated_version(text: str) -> str:
    """Return the version that version.py states."""
    found = _STATED.search(text)
    if found is None:
        raise NotReleasableError(f"{VERSION_FILE} states no version")
    return found[1]


def with_version(text: str, version: str) -> str:
    """Return version.py with another version."""
    return _STATED.sub(f'__version__ = "{version}"', text)


def naming(text: str, current: str, version: str) -> str:
    """Return a page that installs another version than the current one."""
    named = _NAMED.format(version=re.escape(current))
    return re.sub(named, rf"\g<before>{version}", text)


def dated_changelog(text: str, version: str, date: str) -> str:
    """Return the changelog in which what was unreleased is this version, below an empty section.

    Raises:
        NotReleasableError: It has no entries, or the version already.
    """
    if f"\n## {version} " in text:
        raise NotReleasableError(f"{CHANGELOG} has a section {version}")
    before, heading, rest = text.partition(UNRELEASED)
    entries, *_ = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)
    if not heading or not _ENTRY.search(entries):
        raise NotReleasableError(f"{CHANGELOG} has no entries under Unreleased")
    return f"{before}{UNRELEASED}\n## {version} - {date}\n{rest}"


def run(command: Sequence[str]) -> None:
    """Run a Python module with its arguments in the checkout; its output is shown.

    Raises:
        NotReleasableError: It fails.
    """
    if subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode:  # noqa: S603 - as above
        raise NotReleasableError(f"`{' '.join(command)}` failed; nothing was changed")


def git(*arguments: str) -> str:
    """Return what a git command prints.

    Raises:
        NotReleasableError: It fails.
    """
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - as above
    if done.returncode:
        raise NotReleasableError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def how_to_publish(version: str) -> str:
    """Return the commands that publish what was made."""
    return (
        f"ecsplan {version} is committed and tagged as v{version}; dist/ has its distribution.\n"
        "To publish it:\n"
        f"    git push --atomic origin HEAD v{version}\n"
        "    python -m twine upload dist/*\n"
        f"    docker build -t ecsplan:{version} .    # then tag and push it to your registry\n"
        "To take it back before that:\n"
        f"    git tag --delete v{version} && git reset --hard HEAD~1\n"
    )


if __name__ == "__main__":
    sys.exit(main())
