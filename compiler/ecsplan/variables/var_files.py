"""The content of a file with values: names and values, or the output of `terraform output -json`."""

from collections.abc import Mapping
from typing import Any

from ecsplan.variables.values import Given

_OUTPUT = frozenset({"value", "type", "sensitive"})
"""Members of an output (Terraform, `output` command, machine-readable output)."""


def values_in(data: Mapping[str, Any], origin: str) -> dict[str, Given]:
    """Return the values by name; null is no value.

    Args:
        data: The content of the file.
        origin: Where the values come from, for people.
    """
    if data and all(map(_is_output, data.values())):
        return {
            name: Given(each["value"], origin, is_text=False, sensitive=each["sensitive"])
            for name, each in data.items()
            if each["value"] is not None
        }
    return {name: Given(each, origin, is_text=False) for name, each in data.items() if each is not None}


def _is_output(value: object) -> bool:
    """Return whether a value is an output of Terraform, which always has these three members."""
    return isinstance(value, Mapping) and value.keys() == _OUTPUT and isinstance(value["sensitive"], bool)
