"""RFC 6902 patches on either document, operation by operation, so that a failing one is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecsplan.pointers import child, tokens_of

_NEEDS = {
    "add": ("path", "value"),
    "replace": ("path", "value"),
    "test": ("path", "value"),
    "remove": ("path",),
    "move": ("path", "from"),
    "copy": ("path", "from"),
}
"""The members that each operation needs (RFC 6902, section 4)."""


@dataclass(frozen=True, slots=True)
class BadOperation:
    """An operation that cannot be carried out.

    Attributes:
        pointer: The place within the patch, an RFC 6901 pointer such as `/2/path`.
        message: What is wrong with it.
        help: What to do.
    """

    pointer: str
    message: str
    help: str = ""


def applied(document: Any, patch: Sequence[Any]) -> Any:
    """Return the document with the patch applied; neither is changed. The first bad operation ends it.

    Raises:
        PatchError: An operation does not fit the document; it carries the `BadOperation`.
    """
    from jsonpatch import JsonPatch, JsonPatchException  # noqa: PLC0415 - only jobs with patches need it
    from jsonpointer import JsonPointerException  # noqa: PLC0415

    for index, operation in enumerate(patch):
        try:
            document = JsonPatch([operation]).apply(document)
        except (JsonPatchException, JsonPointerException) as reason:
            raise PatchError(_explained(document, index, operation)) from reason
    return document


class PatchError(ValueError):
    """A patch that does not fit its document."""

    def __init__(self, bad: BadOperation) -> None:
        super().__init__(bad.message)
        self.bad = bad


def malformed(patch: Sequence[Any]) -> list[BadOperation]:
    """Return what is wrong with the operations themselves, whatever they are applied to."""
    return [bad for index, operation in enumerate(patch) for bad in _malformed(f"/{index}", operation)]


def _malformed(pointer: str, operation: Any) -> list[BadOperation]:
    if not isinstance(operation, Mapping):
        return [
            BadOperation(
                pointer, "an operation of a JSON Patch is a mapping", 'it has "op", "path" and mostly "value"'
            )
        ]
    name = operation.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        at = f"{pointer}/op" if "op" in operation else pointer
        return [
            BadOperation(at, f"{name!r} is no operation of a JSON Patch", f"use one of {', '.join(_NEEDS)}")
        ]
    missing = [each for each in _NEEDS[name] if each not in operation]
    found = [BadOperation(pointer, f'"{name}" needs "{each}"') for each in missing]
    for member in ("path", "from"):
        where = operation.get(member, "")
        if not isinstance(where, str):
            found.append(BadOperation(f"{pointer}/{member}", f"{member} is a string such as /tags/0"))
        elif where and not where.startswith("/"):
            found.append(
                BadOperation(
                    f"{pointer}/{member}", f"{where!r} is no JSON pointer", f"did you mean /{where}?"
                )
            )
        elif _bad_escape(where):
            found.append(
                BadOperation(
                    f"{pointer}/{member}",
                    f"{where!r} has a ~ that escapes nothing",
                    "write ~0 for ~ and ~1 for /",
                )
            )
    return found


def _bad_escape(pointer: str) -> bool:
    return any(each[:1] not in {"0", "1"} for each in pointer.split("~")[1:])


def _explained(document: Any, index: int, operation: Mapping[str, Any]) -> BadOperation:
    """Return what keeps the operation from fitting the document, without quoting the document's values."""
    name, path = operation["op"], operation["path"]
    source = operation.get("from")
    if source is not None and _missing_from(document, source) is not None:
        return BadOperation(
            f"/{index}/from", f"{name}: there is nothing at {source}", _nearest(document, source)
        )
    if name == "test":
        there = "" if _missing_from(document, path) is None else ": there is nothing"
        return BadOperation(f"/{index}", f"test: {path} is not the value that the patch expects{there}")
    target = path.rpartition("/")[0] if name in {"add", "move", "copy"} else path
    if _missing_from(document, target) is not None:
        hint = _nearest(document, target)
        return BadOperation(f"/{index}/path", f"{name}: there is nothing at {target}", hint)
    return BadOperation(
        f"/{index}/path",
        f"{name}: {path} does not fit the document",
        "a list takes an index within it, or - for its end",
    )


def _missing_from(document: Any, pointer: str) -> str | None:
    """Return the longest part of the pointer that exists, or None where all of it does."""
    exists = ""
    for name in tokens_of(pointer):
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return exists or "/"
        exists = child(exists, name)
    return None


def _nearest(document: Any, pointer: str) -> str:
    """Return what stands at the longest part of the pointer that exists: names only, never values."""
    exists = _missing_from(document, pointer) or "/"
    for name in tokens_of(exists) if exists != "/" else ():
        document = document[int(name)] if isinstance(document, list) else document[name]
    if isinstance(document, dict):
        return f"{exists} has {', '.join(map(str, document)) or 'no members'}"
    if isinstance(document, list):
        return f"{exists} is a list of {len(document)}"
    return f"{exists} is a single value"
