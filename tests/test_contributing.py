"""CONTRIBUTING.md and MAINTAINING.md name what exists: every path in them leads to a file or a folder."""

import re

import pytest
from places import ROOT

TEXT = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "MAINTAINING.md"))
SEARCHED = (
    *("compiler", "applier", "local", "convert", "cli"),
    *("tests", "schemas", "docs", "manifests", "bench"),
)
_LOOKS_LIKE_A_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/|([\w.-]+/)*[\w-]+\.(py|md|txt|toml|yaml|json|1)")
_EXAMPLES = {"job.yaml", "plan.json", "manifest.yaml", "observed.json"}
"""Files of a user or of a case, which are named without a place of their own."""


def named_paths() -> set[str]:
    """Return the paths that the text names as code, placeholders such as NAME.py left out."""
    words = (word.strip("'\",;:") for code in re.findall(r"`([^`\n]+)`", TEXT) for word in code.split())
    paths = {word for word in words if _LOOKS_LIKE_A_PATH.fullmatch(word)}
    return {each for each in paths if not re.search(r"[A-Z]{4,}\b", each.removesuffix(".md"))} - _EXAMPLES


def places() -> set[str]:
    """Return the ends of the paths of all files and folders: the text leaves out what the context names."""
    found = {f"{each.name}{'/' if each.is_dir() else ''}" for each in ROOT.iterdir()}
    for top in SEARCHED:
        for each in (ROOT / top).rglob("*"):
            if "__pycache__" not in each.parts:
                parts = each.relative_to(ROOT).parts
                end = "/" if each.is_dir() else ""
                found |= {"/".join(parts[start:]) + end for start in range(len(parts))}
    return found


PLACES = places()


@pytest.mark.parametrize("path", sorted(named_paths()))
def test_every_path_exists(path: str) -> None:
    assert path in PLACES


def test_paths_are_found() -> None:
    assert {"compiler/ecsplan/compile.py", "plan/decide_job.py", "tests/support/"} <= named_paths()
