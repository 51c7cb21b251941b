"""`env_file` of Compose and Copilot: a file of variables, whose format is not quite that of a manifest."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ecsplan.source.env_files import parsed_env_file
from ecsplan_convert.job_draft import JobDraft, shown
from ecsplan_convert.source import Source

_ONE: Final = "a manifest names one file; append the others to it, in this order"
_MAX_NAMES: Final = 5


def env_files(draft: JobDraft, value: Any, source: Source, root: str = "") -> None:
    """Add the file that a member `env_file` names, or suggest it where it is not one for a manifest.

    Args:
        draft: The job.
        value: A name, a list of names, or of mappings with a `path`.
        source: Reads the file, relative to the source.
        root: Another folder that the names may be relative to, from the source: `../../`.
    """
    if value is None:
        return
    listed = value if isinstance(value, list) else [value]
    listed = [each for each in listed if not _is_absent(each, source, root)]
    names = [each.get("path") if isinstance(each, Mapping) else each for each in listed]
    texts = [each for each in names if isinstance(each, str) and each.strip()]
    if len(texts) < len(names):
        draft.note("env_file", "not of a type that is known; it was left out")
    if not texts:
        return
    first, *others = texts
    if others:
        draft.note([f"env_file: {each}" for each in others], _ONE)
    name, text = _read(dict.fromkeys((f"{root}{first}", first)), source)
    if text is None:
        draft.suggest(
            {"env_file": first},
            f"`env_file` is left out: the file {shown(first)} cannot be read beside the source",
        )
        return
    first = name
    parsed = parsed_env_file(text, first)
    if any(each.severity == "error" for each in parsed.problems):
        reason = f"`env_file` is left out: {shown(first)} is not in docker's format, lines of KEY=VALUE"
        draft.suggest({"env_file": first}, reason)
        return
    draft.keys["env_file"] = first
    differing = [name for name, (_, node) in parsed.entries.items() if _differs(getattr(node, "text", ""))]
    if differing:
        named = ", ".join(f"`{shown(each)}`" for each in differing[:_MAX_NAMES])
        more = f" and {len(differing) - _MAX_NAMES} more" if len(differing) > _MAX_NAMES else ""
        draft.note(
            f"env_file: {first}",
            f"quotes, outer blanks, ` #` and `$` in the values of {named}{more} are part of the value here",
        )


def _is_absent(file: Any, source: Source, root: str) -> bool:
    """Return whether a file is not there and need not be."""
    if not isinstance(file, Mapping) or file.get("required") is not False:
        return False
    path = file.get("path")
    return isinstance(path, str) and _read((f"{root}{path}", path), source)[1] is None


def _read(names: Iterable[str], source: Source) -> tuple[str, str | None]:
    """Return the first of the files that can be read, and its text; None where none can."""
    for name in names:
        try:
            return name, source.read(name)
        except (OSError, UnicodeError, ValueError):
            continue
    return "", None


def _differs(value: str) -> bool:
    """Return whether Compose would read a value otherwise than docker does."""
    return value != value.strip() or value[:1] in {"'", '"'} or "$" in value or " #" in value
