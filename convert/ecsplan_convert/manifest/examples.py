"""Values with an example in place of each reference to a variable, which compile as the real ones will."""

from collections.abc import Mapping
from typing import Any

from ecsplan.terms.json_types import Document
from ecsplan_convert.references import referred, with_examples, without_examples


def with_example_values(value: Any, variables: Mapping[str, Document]) -> Any:
    """Return a value with an example of the variable's type in place of each reference."""
    if isinstance(value, Mapping):
        return {name: with_example_values(each, variables) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [with_example_values(each, variables) for each in value]
    if not isinstance(value, str):
        return value
    name = referred(value)
    match variables.get(name, {}).get("type") if name else None:
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "list":
            return [with_examples(value)]
        case _:
            return with_examples(value)


def without_example_values(value: Any) -> Any:
    """Return a value with the references again that its examples stand for."""
    if isinstance(value, Mapping):
        return {name: without_example_values(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_example_values(each) for each in value]
    return without_examples(value) if isinstance(value, str) else value
