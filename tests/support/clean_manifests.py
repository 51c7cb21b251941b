"""Sources of every format, converted by `init`, and compiled offline as `ecsplan check` does."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecsplan.compile import compile_manifest
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.yaml.values import read_documents
from ecsplan_convert.init import Converted, converted, found_in
from ecsplan_convert.source import Source

EXAMPLES: Mapping[str, Any] = {
    "integer": 1,
    "number": 1,
    "boolean": True,
    "list": ["subnet-0a1b2c3d"],
}
"""Values of variables by their types."""
WILL_REFUSE = "`ecsplan check` will refuse it: "


def init(text: str, files: Mapping[str, str] | None = None, document: Any = None) -> Converted:
    """Return the manifest of a source, with files beside it.

    Args:
        text: The source.
        files: Texts of the files that it names.
        document: The source as data, where it is not to be read from the text.
    """
    beside = files or {}

    def read(name: str) -> str:
        if name not in beside:
            raise FileNotFoundError(2, "No such file", name)
        return beside[name]

    return converted(found_in(Source("source.yml", text, document, read)), title="source.yml", name="source")


def manifest_of(made: Converted) -> dict[str, Any]:
    """Return the manifest as data, which YAML has to be able to read."""
    read = read_documents(made.text, file="manifest.yaml")
    assert read.problems == ()
    (document,) = read.data
    assert isinstance(document, dict)
    return document


def errors_of(
    made: Converted, files: Mapping[str, str] | None = None, values: Mapping[str, Any] | None = None
) -> tuple[Diagnostic, ...]:
    """Return the errors of a manifest; each variable has a value, of `values` or by its type."""
    beside, given = files or {}, values or {}
    declared = manifest_of(made).get("variables") or {}
    done = compile_manifest(
        made.text,
        file="manifest.yaml",
        read=lambda name: beside[name],
        variables={
            name: given.get(name, EXAMPLES.get(each.get("type"), "value"))
            for name, each in declared.items()
            if name in given or "default" not in each
        },
    )
    return tuple(each for each in done.diagnostics if each.severity == "error")


def unsaid(made: Converted, errors: tuple[Diagnostic, ...]) -> Iterator[str]:
    """Yield the errors of a manifest that no note announces."""
    said = "\n".join(made.notes)
    yield from (each.message for each in errors if f"{WILL_REFUSE}{each.message}" not in said)
