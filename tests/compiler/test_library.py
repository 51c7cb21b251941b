"""The library's public names: what they are does not depend on what was imported before."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import ecsplan

MODULES = [each.name for each in pkgutil.iter_modules(ecsplan.__path__) if not each.ispkg]


@pytest.mark.parametrize("name", ecsplan.__all__)
def test_a_public_name_is_no_module_of_the_same_name(name: str) -> None:
    """A submodule that is imported becomes an attribute of its package, and would take the name's place."""
    assert name not in MODULES
    assert getattr(ecsplan, name) is not None


def test_importing_every_module_changes_no_public_name() -> None:
    before = {name: getattr(ecsplan, name) for name in ecsplan.__all__}

    for module in MODULES:
        importlib.import_module(f"ecsplan.{module}")

    assert {name: getattr(ecsplan, name) for name in ecsplan.__all__} == before


def test_what_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_sort"):
        ecsplan.nothing_of_the_sort  # noqa: B018 - the look-up is the test


def test_importing_the_library_imports_none_of_its_modules() -> None:
    code = "import sys, ecsplan; sys.exit(any(name.startswith('ecsplan.') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_diagnostic_reads_like_its_json() -> None:
    [found] = ecsplan.compile_manifest("image: a\nmemory: 7\n", file="job.yaml").diagnostics

    assert (found.path, found.line, found.column, found.pointer) == ("job.yaml", 2, 9, "/memory")
    assert found.to_json() == {
        "path": "job.yaml",
        "line": 2,
        "column": 9,
        "severity": "error",
        "rule": "fargate-memory",
        "pointer": "/memory",
        "message": "7 MiB is not a valid memory size for 1 vCPU on Fargate",
        "help": "with cpu 1024, choose 2048 to 8192 in steps of 1024 MiB",
    }
