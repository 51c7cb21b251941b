"""The documents of a ledger as JSON: checked when they are read, written by writes that may be repeated."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ecsplan_applier.ledger.store import ConflictError, Store
from ecsplan_applier.outcomes.errors import LedgerError

if TYPE_CHECKING:
    from ecsplan.schema.check import SchemaTarget

FORMAT_MEMBER: Final = "ledger_format"
_HELP: Final[dict[str, str]] = {
    "ledger-entry": "restore it from a backup, or apply with a new run id; do not remove it: its run would"
    " count as one that was never started",
    "ledger-claim": "restore it from a backup, or move it away while no task of its family is running",
}
"""What to do about a damaged document, by what it is."""
_MAX_VIOLATIONS: Final = 3
"""Violations of the schema that a message lists; a document of another tool has many."""


def read_document(text: str, place: str, part: "SchemaTarget", newest: int) -> Mapping[str, Any]:
    """Return what a document holds, which has passed its schema.

    Args:
        text: The document, as a store gives it.
        place: Its path or URL, for the message.
        part: What it is.
        newest: The number of the newest format of it that this version knows.

    Raises:
        LedgerError: It is not such a document, or of a newer format.
    """
    document = _parsed(text, place, part)
    number = document.get(FORMAT_MEMBER) if isinstance(document, Mapping) else None
    if isinstance(number, int) and number > newest:
        raise LedgerError(
            f"{place}: has format {number}, and this version of ecsplan reads formats up to {newest}"
            "\n  help: use the version of ecsplan that wrote it, or a later one"
        )
    from ecsplan.schema.check import violations  # noqa: PLC0415 - loads jsonschema, and most applies read nothing

    found = list(violations(document, part=part))
    if found:
        listed = "; ".join(f"{each.pointer or '/'}: {each.message}" for each in found[:_MAX_VIOLATIONS])
        more = f" (and {len(found) - _MAX_VIOLATIONS} more)" if len(found) > _MAX_VIOLATIONS else ""
        raise damaged(place, part, f"{listed}{more}")
    read: Mapping[str, Any] = document
    return read


def _parsed(text: str, place: str, part: str) -> Any:
    try:
        # A store gives bytes that are not UTF-8 as lone surrogates.
        text.encode("utf-8")
        return json.loads(text, parse_constant=_no_number)
    except UnicodeEncodeError as error:
        raise damaged(place, part, "it is not valid UTF-8") from error
    except RecursionError as error:
        raise damaged(place, part, "it is nested too deeply") from error
    except ValueError as error:
        reason = f"it is not JSON, or only a part of it: {error}" if text.strip() else "it is empty"
        raise damaged(place, part, reason) from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def damaged(place: str, part: str, why: str) -> LedgerError:
    """Return why a document cannot be used.

    Args:
        place: Its path or URL.
        part: What it is, as of `read_document`.
        why: What is wrong with it.
    """
    return LedgerError(f"{place}: is not a ledger document: {why}\n  help: {_HELP[part]}")


async def write_document(store: Store, key: str, text: str, version: str) -> str:
    """Write a document in place of the one of this version, and return its version now.

    A write of which the answer was lost is repeated, and finds its own document then: that has succeeded.
    Where somebody else has replaced that document since, it is a conflict like any other.

    Args:
        store: Where to.
        key: Its key.
        text: The document, as of `document_text`.
        version: The version that it replaces; `NEW` where it must not exist.

    Raises:
        ConflictError: Another document is there, or none where there was one.
        LedgerError: It cannot be written, or whether it was written is not known.
    """
    try:
        return await store.write(key, text, version)
    except ConflictError:
        found = await store.read(key)
        if found is None or found.text != text:
            raise
        return found.version


def document_text(document: dict[str, Any]) -> str:
    """Return a document as it is written: ASCII, so that any text can be part of it."""
    # Without indentation: that is written by Python code, at a second for each 10,000 copies.
    return json.dumps(document, allow_nan=False) + "\n"
