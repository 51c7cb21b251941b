"""The services of a Compose file, each with what it extends."""

from collections.abc import Mapping
from posixpath import dirname, join, normpath
from typing import Any, Final

from ecsplan_convert.compose.values import Used, extended, interpolated
from ecsplan_convert.documents import read_document
from ecsplan_convert.job_draft import shown
from ecsplan_convert.source import ConversionError, Source

CONFIG: Final = (
    "`docker compose config` prints the file with all of it filled in, which can be converted instead"
)
_MAX_EXTENDS: Final = 20
"""Services that one may extend, one behind the other."""


def services_of(document: Any, source: Source) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the services of a file by their names, and what could not be read, a sentence each.

    Raises:
        ConversionError: The file has no services.
    """
    written = document.get("services") if isinstance(document, Mapping) else None
    if not isinstance(written, Mapping) or not written:
        if isinstance(document, Mapping) and document.get("include"):
            raise ConversionError("its services are in the files that `include` names", help=CONFIG)
        raise ConversionError("the file has no `services`", help="name a Docker Compose file")
    found: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    if isinstance(document, Mapping) and document.get("include"):
        notes.append(f"`include`: the files that it names were not read; {CONFIG}")
    for name, service in written.items():
        if isinstance(service, Mapping):
            found[str(name)] = _whole(str(name), service, _Files(written, source, notes))
        else:
            notes.append(f"service `{shown(name)}` was left out: it is not a mapping")
    if not found:
        raise ConversionError("none of the `services` is a mapping", help="name a Docker Compose file")
    return found, notes


class _Files:
    """The services of the file, and those of the files that it extends."""

    def __init__(self, services: Mapping[str, Any], source: Source, notes: list[str]) -> None:
        self.services = services
        self.source = source
        self.notes = notes

    def services_in(self, file: str) -> Mapping[str, Any]:
        """Return the services of another file.

        Raises:
            ConversionError: It is no Compose file.
            OSError: It cannot be read.
        """
        document = read_document(self.source.read(file), file)
        services = document.get("services") if isinstance(document, Mapping) else None
        if not isinstance(services, Mapping):
            raise ConversionError(f"{file} has no `services`")
        return services


def _whole(name: str, service: Mapping[str, Any], files: _Files) -> dict[str, Any]:
    """Return a service laid over what it extends; what cannot be read of that is noted."""
    chain: list[Mapping[str, Any]] = [service]
    services, path = files.services, ""
    seen = {("", name)}
    while chain[-1].get("extends") is not None and len(chain) < _MAX_EXTENDS:
        step = _extends(chain[-1]["extends"])
        if step is None:
            files.notes.append(f"service `{shown(name)}`: its `extends` names no service")
            break
        file, base = step
        # What a file names is relative to that file.
        path = normpath(join(dirname(path), file)) if file else path
        if (path, base) in seen:
            files.notes.append(f"service `{shown(name)}`: its `extends` is circular")
            break
        seen.add((path, base))
        try:
            services = files.services_in(path) if file else services
        except (OSError, UnicodeError, ConversionError):
            files.notes.append(
                f"service `{shown(name)}`: `{shown(file)}`, which it extends, cannot be read; {CONFIG}"
            )
            break
        found = services.get(base)
        if not isinstance(found, Mapping):
            files.notes.append(
                f"service `{shown(name)}`: there is no service `{shown(base)}`, which it extends"
            )
            break
        chain.append(_seen_from(dirname(path), found))
    merged: dict[str, Any] = {}
    for each in reversed(chain):
        merged = extended(merged, {str(key): value for key, value in each.items() if key != "extends"})
    return merged


def _seen_from(folder: str, service: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a service of a file in a folder with the files that it names as the source would name them."""
    files = service.get("env_file")
    if not folder or files is None:
        return service
    listed = files if isinstance(files, list) else [files]
    return {**service, "env_file": [_moved(folder, each) for each in listed]}


def _moved(folder: str, file: Any) -> Any:
    if isinstance(file, str):
        return file if "$" in file else normpath(join(folder, file))
    return {**file, "path": _moved(folder, file.get("path"))} if isinstance(file, Mapping) else file


def _extends(value: Any) -> tuple[str, str] | None:
    """Return the file, "" for the same one, and the service that an `extends` names."""
    used = Used()
    filled = interpolated(value, used)
    if used.missing:
        return None
    if isinstance(filled, str):
        return "", filled
    if not isinstance(filled, Mapping) or not isinstance(filled.get("service"), str):
        return None
    file = filled.get("file")
    return (file if isinstance(file, str) else ""), filled["service"]
