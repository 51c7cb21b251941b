"""Imports point down, and every library stays in its room."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "ecsplan": ROOT / "compiler" / "ecsplan",
    "ecsplan_applier": ROOT / "applier" / "ecsplan_applier",
    "ecsplan_local": ROOT / "local" / "ecsplan_local",
    "ecsplan_cli": ROOT / "cli" / "ecsplan_cli",
}
MAY_IMPORT = {
    "ecsplan": set(),
    "ecsplan_applier": {"ecsplan"},
    "ecsplan_local": set(),
    "ecsplan_cli": {"ecsplan", "ecsplan_applier", "ecsplan_local"},
}
ROOMS = {
    "boto3": {"ecsplan_applier.gateway"},
    "botocore": {"ecsplan_applier.gateway"},
    "click": {"ecsplan_cli"},
    "deepdiff": {"ecsplan.compare"},
    "jsonpatch": {"ecsplan.patch"},
    "jsonpointer": {"ecsplan.patch"},
    "jsonschema": {"ecsplan.schema"},
    "rich": {"ecsplan_cli"},
    "ruamel": {"ecsplan.compose", "ecsplan.preview", "ecsplan.source"},
    "slugify": {"ecsplan.names"},
}
"""Which modules may import a library; a package stands for all of its modules."""
IMPURE = {"os", "time", "socket", "subprocess", "random", "urllib", "http", "threading", "tempfile", "sys"}
"""Modules of the standard library that would make the compiler depend on more than its arguments."""


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def modules() -> Iterator[tuple[str, str, Path]]:
    """Yield package, dotted name and file of every module."""
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            inner = path.relative_to(folder).with_suffix("").parts
            yield package, ".".join((package, *(part for part in inner if part != "__init__"))), path


@pytest.mark.parametrize(("package", "name", "path"), [pytest.param(*each, id=each[1]) for each in modules()])
def test_imports_point_down(package: str, name: str, path: Path) -> None:
    imported = {each.partition(".")[0] for each in imports(path)}
    ours = imported & PACKAGES.keys() - {package}

    assert ours <= MAY_IMPORT[package]
    for library in imported & ROOMS.keys():
        assert any(name == room or name.startswith(f"{room}.") for room in ROOMS[library]), library


@pytest.mark.parametrize("path", sorted(PACKAGES["ecsplan"].rglob("*.py")), ids=lambda path: path.stem)
def test_the_compiler_is_pure(path: Path) -> None:
    assert not {each.partition(".")[0] for each in imports(path)} & IMPURE
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    assert not [
        each for each in calls if isinstance(each.func, ast.Name) and each.func.id in {"print", "open"}
    ]


def test_local_needs_the_standard_library_only() -> None:
    import sys  # noqa: PLC0415

    for path in PACKAGES["ecsplan_local"].rglob("*.py"):
        for each in imports(path):
            assert each.partition(".")[0] in {*sys.stdlib_module_names, "ecsplan_local"}, path
