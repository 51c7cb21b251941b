"""Schemas of documents with `variables:` or a matrix, where a reference may take the place of a value.

Each value that a variable can have (a text, a number, true or false, a list of these) may be a reference as
well. Which type the variable has, and what its value is, no schema can know: the command checks that.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

HERE = "expanding.schema.json"
MANIFEST = "manifest.schema.json"
DOCUMENTS = "documents.schema.json"
# Within a lookup, a variable may stand behind the colon: `${ssm:/${stage}/tag}`.
_PIECE = r"\$\{([^{}]|\$\{[^{}]+\})+\}"
_OTHER = r"[^$]|\$\$\{|\$(?!\{|\$\{)"
REFERENCES: Mapping[str, Schema] = {
    "alone": {
        "description": "A reference to a variable, such as `${name}`, or a lookup, such as `${ssm:/path}`; "
        "the value has the type of the variable, or of what is found.",
        "type": "string",
        "pattern": f"^{_PIECE}$",
    },
    "inText": {
        "description": "A text with references to variables, such as `${name}`, or lookups, such as "
        "`${ssm:/path}`; `$${` is the text `${`.",
        "type": "string",
        "pattern": f"^({_OTHER})*{_PIECE}({_PIECE}|{_OTHER})*$",
    },
}
"""What may stand for a value: for a text, references in a text; for any other, one reference alone."""
_ANNOTATIONS = ("description", "default", "examples", "deprecated")
_BOUNDS = frozenset({"pattern", "minLength", "enum"})
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_AS_THEY_ARE = frozenset({"declaration", "variable", "variables", "withMatrix"})
"""Definitions of the manifest in which nothing is expanded."""


def expanding(manifest: Schema, documents: Schema) -> Schema:
    """Return the schema of a document with variables, made of those of one without.

    Hover and completion stay: what describes a value, and the words that it may be, are those of the
    original.
    """
    by_file = {MANIFEST: manifest["$defs"], DOCUMENTS: documents["$defs"]}
    copied = _Copy(by_file)
    definitions = {
        name: copied.value(schema, file)
        for file, schemas in by_file.items()
        for name, schema in schemas.items()
        if _is_copied(file, name)
    }
    whole = {key: manifest["else"][key] for key in ("if", "then", "else")}
    return {"type": "object", **whole, "$defs": dict(sorted({**REFERENCES, **definitions}.items()))}


def _is_copied(file: str, name: str) -> bool:
    """Return whether a definition takes references; one of nothing but nulls and empty texts does not."""
    return not name.startswith("Empty") if file == DOCUMENTS else name not in _AS_THEY_ARE


class _Copy:
    """Copies schemas, each value that a variable can have with a reference as an alternative."""

    def __init__(self, by_file: Mapping[str, Schema]) -> None:
        self._by_file = by_file

    def value(self, schema: Schema, file: str) -> Schema:
        """Return the schema of a value that may be a reference, if a variable can have such a value."""
        core = self._below(schema, file)
        reference = self._reference(schema, file)
        if reference is None:
            return core
        described = {key: core.pop(key) for key in _ANNOTATIONS if key in core}
        own = core["anyOf"] if core.keys() == {"anyOf"} else [core]
        return {**described, "anyOf": [*own, {"$ref": f"#/$defs/{reference}"}]}

    def _below(self, schema: Schema, file: str) -> Schema:
        """Return a schema with the schemas in it copied, and its references leading to copies."""
        copied = dict(schema)
        for keyword, each in schema.items():
            if keyword == "$ref":
                copied[keyword] = self._moved(each, file)
            elif keyword == "properties":
                copied[keyword] = {name: self.value(below, file) for name, below in each.items()}
            elif keyword in {"items", "additionalProperties"} and isinstance(each, dict):
                copied[keyword] = self.value(each, file)
            elif keyword in {"then", "else"}:
                copied[keyword] = self._below(each, file)
            elif keyword == "anyOf":
                # The alternatives are for one value, which has its reference beside them.
                copied[keyword] = [self._below(below, file) for below in each]
        return copied

    def _moved(self, reference: str, file: str) -> str:
        target, _, pointer = reference.partition("#")
        target = target or file
        name = pointer.split("/")[2]
        return f"#{pointer}" if _is_copied(target, name) else f"{target}#{pointer}"

    def _reference(self, schema: Schema, file: str) -> str | None:
        """Return the name of what may stand for a value; None for nothing, or for what is taken anyway."""
        kinds = list(self._kinds(schema, file))
        if "any text" in kinds:
            return None
        return "inText" if "text" in kinds else "alone" if "other" in kinds else None

    def _kinds(self, schema: Schema, file: str) -> list[str]:
        """Return what a schema takes of the values of variables: `any text`, some `text`, `other` ones."""
        if "$ref" in schema:
            target, _, pointer = schema["$ref"].partition("#")
            meant: Any = {"$defs": self._by_file[target or file]}
            for token in pointer.split("/")[1:]:
                meant = meant[token]
            return self._kinds(meant, target or file)
        if "anyOf" in schema:
            return [kind for each in schema["anyOf"] for kind in self._kinds(each, file)]
        kinds = schema.get("type", ())
        types = {kinds} if isinstance(kinds, str) else set(kinds)
        if "string" in types or any(isinstance(each, str) and each for each in schema.get("enum", ())):
            return ["text" if schema.keys() & _BOUNDS else "any text"]
        if "array" in types:
            return ["other"] if self._takes_scalars(schema.get("items", {}), file) else []
        return ["other"] if types & _SCALARS else []

    def _takes_scalars(self, schema: Schema, file: str) -> bool:
        return bool(self._kinds(schema, file))
