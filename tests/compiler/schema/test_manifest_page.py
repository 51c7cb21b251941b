"""The page of a manifest's keys: what the generator writes, in YAML that says what the schema says."""

from typing import Any

import pytest
from docs.generators.manifest import flow
from places import ROOT
from ruamel.yaml import YAML

from ecsplan.compile import compile_manifest
from ecsplan.schema.files import load_schema

DOCS = ROOT / "docs"
PAGE = (DOCS / "manifest.md").read_text("utf-8")
KEYS: dict[str, Any] = load_schema("manifest")["$defs"]["job"]["properties"]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_its_text_and_its_examples(key: str) -> None:
    section = PAGE.partition(f"\n### {key}\n")[2].partition("\n##")[0]

    assert KEYS[key]["description"] in section
    for example in KEYS[key].get("examples", []):
        written = f"{key}: {flow(example)}"
        assert written in section
        assert YAML(typ="safe", pure=True).load(written) == {key: example}


@pytest.mark.parametrize("manifest", [block.partition("```")[0] for block in PAGE.split("```yaml\n")[1:3]])
def test_the_manifests_compile(manifest: str) -> None:
    compiled = compile_manifest(manifest, file="job.yaml")

    assert compiled.plan is not None
    assert compiled.diagnostics == ()
