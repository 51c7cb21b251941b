"""Imports point down, between packages and between the folders of each, and every library has one home."""

import ast
import functools
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from places import ROOT

PACKAGES = {
    "ecsplan": ROOT / "compiler" / "ecsplan",
    "ecsplan_applier": ROOT / "applier" / "ecsplan_applier",
    "ecsplan_local": ROOT / "local" / "ecsplan_local",
    "ecsplan_convert": ROOT / "convert" / "ecsplan_convert",
    "ecsplan_cli": ROOT / "cli" / "ecsplan_cli",
}
MAY_IMPORT = {
    "ecsplan": set(),
    "ecsplan_applier": {"ecsplan"},
    "ecsplan_local": set(),
    "ecsplan_convert": {"ecsplan"},
    "ecsplan_cli": {"ecsplan", "ecsplan_applier", "ecsplan_local", "ecsplan_convert"},
}
ENTRANCE = "ecsplan.__main__"
"""What `python -m ecsplan` starts: the command, so that it alone of the compiler may import that."""
LIBRARY_MODULES = {
    "boto3": {"ecsplan_applier.aws.gateway"},
    "botocore": {
        "ecsplan_applier.aws.gateway",
        "ecsplan_applier.aws.sdk_errors",
        "ecsplan_applier.aws.sdk_names",
        "ecsplan_applier.images.http_client",
    },
    "click": {"ecsplan_cli"},
    "deepdiff": {"ecsplan.decision.compare"},
    "jsonpatch": {"ecsplan.patch.apply"},
    "jsonpointer": {"ecsplan.patch.apply"},
    "jsonschema": {"ecsplan.schema.faults"},
    "rich": {"ecsplan_cli"},
    "ruamel": {"ecsplan.yaml.compose", "ecsplan.yaml.parse", "ecsplan.yaml.write"},
    "slugify": {"ecsplan.terms.family_names"},
    "urllib3": {"ecsplan_applier.images.http_client"},
}
"""Which modules may import a library; a package stands for all of its modules."""
FLOORS = {
    "ecsplan": (
        "version terms schedules foreign decision schema yaml variables source settings patch job draft rules"
        " plan scheduled permissions compile __main__"
    ),
    "ecsplan_applier": (
        "arns outcomes scheduling aws images observing named verify machine ledger context tasks logs"
        " starting recording jobs revisions schedules pruning prepare start_job attempts follow_copy run_plan"
        " apply_plan runs"
    ),
    "ecsplan_local": (
        "json_types clock errors protocol arns state_check store faults world tags services ecs operations"
        " engine server endpoint"
    ),
    "ecsplan_convert": (
        "source reading references exported documents images aws named_jobs job_draft compose copilot"
        " python shell airflow prefect eventbridge readers writers manifest init export"
    ),
    "ecsplan_cli": (
        "exits platforms durations signals output completions options pages page_questions page_search"
        " page_layout pager"
        " input_rules inputs values help settings workers confirming job_names output_files requirements"
        " crash plan_files placed_commands session_plugin session asking compiling described sources render"
        " wrong_manifests manifest_options verifying pruned_families commands interrupts main start __main__"
    ),
}
"""The folders and top modules of each package from the bottom up: each may import those before it."""
NESTED = {"ecsplan_applier.runs": "logs follow stop exec", "ecsplan_cli.render": "apply runs"}
"""The folders within a folder, from the bottom up: each may import those before it and the modules beside."""
MAX_MODULES = {"rules": 30, "commands": 30, "verify": 35}
"""Modules that a folder may hold; others hold 20."""
IMPURE = {"os", "time", "socket", "subprocess", "random", "urllib", "http", "threading", "tempfile", "sys"}
"""Modules of the standard library that would make the compiler depend on more than its arguments."""


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, anywhere in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


@functools.cache
def modules() -> tuple[tuple[str, str, Path], ...]:
    """Return package, dotted name and file of every module."""
    found = []
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            inner = path.relative_to(folder).with_suffix("").parts
            name = ".".join((package, *(part for part in inner if part != "__init__")))
            found.append((package, name, path))
    return tuple(found)


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_names(path: Path, package: str) -> Iterator[str]:
    """Yield the modules of its own package that a file imports, anywhere in it."""
    known = {name for _, name, _ in modules()}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == package:
            for each in node.names:
                full = f"{node.module}.{each.name}"
                name = full if full in known else node.module
                if name != package:
                    yield name


FOLDERS = sorted(
    path.parent
    for package in PACKAGES.values()
    for path in package.rglob("__init__.py")
    if path.parent != package
)


NESTED_FOLDERS = {
    name for package, name, path in modules() if path.name == "__init__.py" and name.count(".") > 1
}


def test_every_nested_folder_has_its_place() -> None:
    assert {
        f"{parent}.{each}" for parent, names in NESTED.items() for each in names.split()
    } == NESTED_FOLDERS


@pytest.mark.parametrize(("package", "name", "path"), [pytest.param(*each, id=each[1]) for each in modules()])
def test_imports_point_down(package: str, name: str, path: Path) -> None:
    imported = {each.partition(".")[0] for each in imports(path)}
    ours = imported & PACKAGES.keys() - {package}

    assert ours <= ({"ecsplan_cli"} if name == ENTRANCE else MAY_IMPORT[package])
    assert ENTRANCE not in imports(path)
    for library in imported & LIBRARY_MODULES.keys():
        assert any(name == home or name.startswith(f"{home}.") for home in LIBRARY_MODULES[library]), library


@pytest.mark.parametrize("package", sorted(PACKAGES.keys() - {"ecsplan_local"}))
def test_classes_of_values_are_made_the_fast_way(package: str) -> None:
    made = [
        name
        for home, name, path in modules()
        if home == package and name != "ecsplan.terms.records"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(each.name == "dataclass" for each in node.names)
    ]

    assert not made, "import dataclass from ecsplan.terms.records"


@pytest.mark.parametrize(("package", "name", "path"), [pytest.param(*each, id=each[1]) for each in modules()])
def test_folders_import_downwards(package: str, name: str, path: Path) -> None:
    order = FLOORS[package].split()
    inner = name.split(".")[1:]

    for imported in imported_names(path, package):
        floor = imported.split(".")[1]
        assert not inner or floor == inner[0] or order.index(floor) < order.index(inner[0]), imported


@pytest.mark.parametrize(("package", "name", "path"), [pytest.param(*each, id=each[1]) for each in modules()])
def test_nested_folders_import_downwards(package: str, name: str, path: Path) -> None:
    for parent, folders in NESTED.items():
        # A module of the parent itself stands below all of its folders.
        order = ["", *folders.split()]
        if name.startswith(f"{parent}."):
            own = order.index(nested_folder(name, parent))
            for imported in imported_names(path, package):
                if imported.startswith(f"{parent}."):
                    assert order.index(nested_folder(imported, parent)) <= own, imported


def nested_folder(name: str, parent: str) -> str:
    """Return the folder within `parent` that a module belongs to; of a module beside the folders, nothing."""
    head = name.removeprefix(f"{parent}.").partition(".")[0]
    return head if f"{parent}.{head}" in NESTED_FOLDERS else ""


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other(package: str) -> None:
    graph = {
        name: {each for each in imported_names(path, package) if each != name}
        for owner, name, path in modules()
        if owner == package and path.name != "__init__.py"
    }

    assert tuple(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_is_small_and_says_what_it_is_for(folder: Path) -> None:
    doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""

    assert len(list(folder.glob("*.py"))) - 1 <= MAX_MODULES.get(folder.name, 20)
    for word in "Takes", "Gives", "Must not know":
        assert f"\n{word} " in doc


@pytest.mark.parametrize("path", sorted(PACKAGES["ecsplan"].rglob("*.py")), ids=lambda path: path.stem)
def test_the_compiler_is_pure(path: Path) -> None:
    assert not {each.partition(".")[0] for each in imports(path)} & IMPURE
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not [
        each for each in calls if isinstance(each.func, ast.Name) and each.func.id in {"print", "open"}
    ]


def test_local_needs_the_standard_library_only() -> None:
    import sys  # noqa: PLC0415

    for path in PACKAGES["ecsplan_local"].rglob("*.py"):
        for each in imports(path):
            assert each.partition(".")[0] in {*sys.stdlib_module_names, "ecsplan_local"}, path
