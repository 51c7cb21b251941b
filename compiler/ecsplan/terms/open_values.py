"""The values of a job that are not known before its lookups are, by their places."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecsplan.terms.placeholders import is_open
from ecsplan.terms.pointers import child


def open_values(data: object, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield the pointer and the text of each string with the placeholder of a lookup in it."""
    if isinstance(data, str):
        if is_open(data):
            yield pointer, data
    elif isinstance(data, Mapping):
        for name, value in data.items():
            yield from open_values(value, child(pointer, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from open_values(value, f"{pointer}/{index}")


def with_values(data: Any, values: Mapping[str, Any], pointer: str = "") -> Any:
    """Return a copy of the data with other values at some pointers."""
    if pointer in values:
        return values[pointer]
    if isinstance(data, Mapping):
        return {name: with_values(each, values, child(pointer, name)) for name, each in data.items()}
    if isinstance(data, list):
        return [with_values(each, values, f"{pointer}/{index}") for index, each in enumerate(data)]
    return data
