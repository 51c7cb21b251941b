"""The reader of manifests with each of the two YAML parsers that it may find."""

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from ecsplan.source import read
from ecsplan.source.read import Manifest, read_manifest
from ecsplan.yaml import parse, values

Reader = Callable[..., Manifest]

PARSING = (parse, values, read)
"""The parser, and what takes it by its name."""


def without_c_library() -> Reader:
    """Return `read_manifest` as it is where ruamel.yaml has no C library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ruamel.yaml.cyaml", None)
        # From the bottom up: each takes the modules below it as they are loaded here.
        parse, _, read = (_loaded_again(each, patch) for each in PARSING)
    assert parse.CParser is None
    reader: Reader = read.read_manifest
    return reader


def _loaded_again(module: ModuleType, patch: pytest.MonkeyPatch) -> ModuleType:
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    again = importlib.util.module_from_spec(module.__spec__)
    patch.setitem(sys.modules, module.__name__, again)
    module.__spec__.loader.exec_module(again)
    return again


WITHOUT_C = without_c_library()
READERS = [pytest.param(read_manifest, id="C"), pytest.param(WITHOUT_C, id="Python")]
