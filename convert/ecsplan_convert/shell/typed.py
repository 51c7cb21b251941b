"""Values of options given the types that AWS's requests have, and variables the types that stand for them."""

from typing import Final, Literal, TypeAlias

from ecsplan.schema.check import types_at
from ecsplan.terms.json_types import Json
from ecsplan.terms.pointers import pointer_of
from ecsplan_convert.references import reference
from ecsplan_convert.shell.open_values import Bare, OpenJson
from ecsplan_convert.shell.values import LOST

Request: TypeAlias = Literal["task-definition", "run-request"]

MAX_DEPTH: Final = 60
_BOOLEANS: Final = {"true": True, "false": False}
_LEFT_OUT: Final = object()


class Typing:
    """Gives values their types, and remembers what it learned on the way.

    Attributes:
        variables: The types of variables that stand for something else than a text.
        notes: What was left out, and why, each about one member.
    """

    def __init__(self, request: Request, *, shorthand: bool = False) -> None:
        self.variables: dict[str, str] = {}
        self.notes: list[str] = []
        self._request: Request = request
        self._shorthand = shorthand

    def of(self, value: OpenJson, *path: str) -> Json:
        """Return the value at a path of the request with its types; None where all of it is left out."""
        found = self._of(value, path)
        return None if found is _LEFT_OUT else found  # type: ignore[return-value] # the mark is no value

    def _of(self, value: OpenJson, path: tuple[str, ...]) -> object:
        types = self._types(path)
        if isinstance(value, str) and LOST in value:
            return self._leave_out(path, "has a part that only a running shell knows")
        if isinstance(value, Bare):
            return self._variable(value.variable, path, types)
        if self._shorthand and isinstance(value, str):
            return self._from_shorthand(value, path, types)
        if len(path) > MAX_DEPTH:
            return self._leave_out(path, "is nested too deeply")
        if isinstance(value, dict):
            if self._shorthand and "object" not in types and "objects" in types:
                # In shorthand, one value where a list is meant is a list.
                value = [value]
                return self._list(value, path, types)
            if types.isdisjoint({"object"}):
                return self._leave_out(path, "is an object, which AWS does not take there")
            return self._members(value, path)
        if isinstance(value, list):
            if types.isdisjoint({"array", "objects"}):
                return self._leave_out(path, "is a list, which AWS does not take there")
            return self._list(value, path, types)
        if value is not None and types <= {"object", "array", "objects"}:
            kind = "an object" if types == {"object"} else "a list"
            return self._leave_out(path, f"is not {kind}, which AWS expects there")
        return value

    def _types(self, path: tuple[str, ...]) -> frozenset[str]:
        return types_at(pointer_of(*path), part=self._request)

    def _members(self, value: dict[str, OpenJson], path: tuple[str, ...]) -> object:
        members = {name: self._of(each, (*path, name)) for name, each in value.items()}
        if members.get("value") is _LEFT_OUT and not members.keys().isdisjoint({"name", "key"}):
            # A variable or a tag without its value is not what the script means.
            return _LEFT_OUT
        return {name: each for name, each in members.items() if each is not _LEFT_OUT}

    def _list(self, value: list[OpenJson], path: tuple[str, ...], types: frozenset[str]) -> object:
        if len(value) == 1 and isinstance(value[0], Bare) and "array" in types:
            return self._variable(value[0].variable, path, types)
        if "array" in types and any(isinstance(each, str) and LOST in each for each in value):
            return self._leave_out(path, "has an item that only a running shell knows")
        items = (self._of(each, (*path, str(index))) for index, each in enumerate(value))
        return [each for each in items if each is not _LEFT_OUT]

    def _from_shorthand(self, text: str, path: tuple[str, ...], types: frozenset[str]) -> object:
        """Return a scalar of shorthand, which has no types of its own."""
        if "string" in types:
            return text
        if types & {"array", "objects"}:
            item = self._of(text, (*path, "0"))
            return item if item is _LEFT_OUT else [item]
        if types & {"integer", "number"}:
            try:
                return int(text)
            except ValueError:
                return self._leave_out(path, "is not a number")
        if "boolean" in types:
            return _BOOLEANS.get(text.lower(), text)
        return self._leave_out(path, "is not an object, which AWS expects there")

    def _variable(self, variable: str, path: tuple[str, ...], types: frozenset[str]) -> object:
        if "string" not in types:
            kind = next((kind for each, kind in _KINDS.items() if each in types), None)
            if kind is None:
                return self._leave_out(
                    path,
                    f"is the variable {variable}, which can stand for a text, a number, true or false, or "
                    "a list of texts, but for nothing else",
                )
            self.variables[variable] = kind
        return reference(variable)

    def _leave_out(self, path: tuple[str, ...], why: str) -> object:
        self.notes.append(f"`{'.'.join(path)}` {why}")
        return _LEFT_OUT


_KINDS: Final = {"integer": "integer", "number": "number", "boolean": "boolean", "array": "list"}
