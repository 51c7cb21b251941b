"""The reader of manifests with each of the two YAML parsers that it may find."""

import importlib.util
import sys
from collections.abc import Callable

import pytest

import ecsplan.source.read
from ecsplan.source.read import Manifest, read_manifest

Reader = Callable[..., Manifest]


def without_c_library() -> Reader:
    """Return `read_manifest` as it is where ruamel.yaml has no C library."""
    spec = importlib.util.spec_from_file_location("source_without_c", ecsplan.source.read.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ruamel.yaml.cyaml", None)
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    assert module.CParser is None
    read: Reader = module.read_manifest
    return read


WITHOUT_C = without_c_library()
READERS = [pytest.param(read_manifest, id="C"), pytest.param(WITHOUT_C, id="Python")]
