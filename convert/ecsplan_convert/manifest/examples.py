"""What stands in place of references to variables while a job is compiled to see whether its keys fit."""

from collections.abc import Callable, Mapping
from typing import Any

from ecsplan.terms.json_types import Document, Json
from ecsplan_convert.references import referred, with_examples, with_lookups, with_placeholders


class Examples:
    """Puts an example in place of each reference, which compiles as the value will.

    Args:
        variables: Declarations of the variables.
    """

    def __init__(self, variables: Mapping[str, Document]) -> None:
        self._variables = variables

    @property
    def declarations(self) -> Document:
        """The members of a manifest without which what is written would be compiled otherwise."""
        return {}

    def written(self, value: Any) -> Any:
        """Return a value of a manifest that is to be compiled."""
        return self._replaced(value, with_examples)

    def compiled(self, value: Any) -> Any:
        """Return a value as it is compiled."""
        return self._replaced(value, with_examples)

    def _replaced(self, value: Any, text: Callable[[str], str]) -> Any:
        if isinstance(value, Mapping):
            return {name: self._replaced(each, text) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._replaced(each, text) for each in value]
        if not isinstance(value, str):
            return value
        name = referred(value)
        kind = self._variables.get(name, {}).get("type") if name else None
        return self._of_type(kind, text(value))

    def _of_type(self, kind: Json, text: str) -> Json:
        match kind:
            case "integer" | "number":
                return 1
            case "boolean":
                return True
            case "list":
                return [text]
            case _:
                return text


class Lookups(Examples):
    """Puts a lookup in place of each reference, about whose value the compiler supposes nothing."""

    @property
    def declarations(self) -> Document:
        """`variables`, with which lookups are expanded."""
        return {"variables": {}}

    def written(self, value: Any) -> Any:
        """Return a value of a manifest that is to be compiled."""
        return self._replaced(value, with_lookups)

    def compiled(self, value: Any) -> Any:
        """Return a value as it is compiled."""
        return self._replaced(value, with_placeholders)

    def _of_type(self, kind: Json, text: str) -> Json:
        return [text] if kind == "list" else text
