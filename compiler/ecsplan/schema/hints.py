"""What somebody most likely meant who wrote a key or a value that a schema does not know."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ecsplan.schema.messages import MAX_LISTED, key_text
from ecsplan.schema.nearest import letters_of, nearest
from ecsplan.schema.other_tool_keys import WRITE_INSTEAD
from ecsplan.schema.schedule_hints import KEY as SCHEDULE
from ecsplan.schema.schedule_hints import explained, of_value, other_name
from ecsplan.schema.violation import Fault, Path
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.records import dataclass

OTHER_NAMES = {
    "args": "command",
    "arraysize": "array",
    "cmd": "command",
    "completions": "array",
    "concurrencypolicy": "concurrency",
    "container": "container_name",
    "copies": "count",
    "depends": "after",
    "dependson": "after",
    "environment": "env",
    "gpu": "gpus",
    "instances": "count",
    "maxparallelism": "max_parallel",
    "mem": "memory",
    "needs": "after",
    "parallelism": "max_parallel",
    "replicas": "count",
    "retention": "log_retention_days",
    "retentionindays": "log_retention_days",
    "retrystrategy": "retry",
    "runafter": "after",
    "publicip": "assign_public_ip",
    "securitygroupids": "security_groups",
    "stopgraceperiod": "stop_timeout_seconds",
    "stoptimeout": "stop_timeout_seconds",
    "subnetids": "subnets",
    "tags": "labels",
    "timeout": "task_timeout_seconds",
    "timeoutseconds": "task_timeout_seconds",
    "upstream": "after",
    "volume": "volumes",
    "vpc": "vpc_id",
    "waitsfor": "after",
}
"""What other tools call a job's keys, letters and digits only, and what it is called here."""


_IN_THE_OTHER_LIST: Final[Mapping[tuple[str, ...], str]] = {
    ("valueFrom", "environment"): "what comes from a secret or a parameter belongs in `secrets`",
    ("value", "secrets"): "a plain value belongs in `environment`; a secret is named by `valueFrom`",
}
"""A member of one of two lists that are alike, written in the other one, and what to do about it."""


_BY_TAGS: Final[Mapping[str, str]] = {
    "vpc_id": "to find a VPC by its name, write {tags: {Name: …}}",
    "subnets": "to find subnets by their tags, write {tags: {KEY: VALUE}} instead of the list",
}
"""Keys that take ids, and what to write for names."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do about an unknown key or value.

    Attributes:
        text: The help; "" where nothing is near.
        key: The key that an unknown one most likely is; None where none is near, or the mapping has it too.
    """

    text: str = ""
    key: str | None = None


def hint_for(fault: Fault) -> Hint:
    """Return help for an unknown key or value."""
    if fault.keyword == "enum" and isinstance(fault.value, str):
        near = nearest(fault.value, (each for each in fault.bound if isinstance(each, str)))
        return Hint(f"did you mean {near}?") if near else Hint()
    if fault.keyword == "enum" and isinstance(fault.value, int) and not isinstance(fault.value, bool):
        numbers = [each for each in fault.bound if isinstance(each, int)]
        allowed = ", ".join(map(str, numbers))
        closest = min(numbers, key=lambda each: abs(each - fault.value), default=None)
        return Hint() if closest is None else Hint(f"the nearest is {closest}; use one of {allowed}")
    if fault.keyword == "pattern" and fault.path:
        return Hint(_volume_hint(fault) or _revision_hint(fault) or _BY_TAGS.get(str(fault.path[0]), ""))
    if fault.keyword in {"type", "required"} and fault.path[:1] == (SCHEDULE,):
        return Hint(of_value(fault))
    if fault.keyword == "additionalProperties":
        hint = _hint_for_key(str(fault.path[-1]), fault.schema, fault.path[:-1])
        return Hint(hint.text) if hint.key in fault.value else hint
    return Hint()


def _volume_hint(fault: Fault) -> str:
    """Return help for a volume whose short text is none."""
    of_text = len(fault.path) == len(("volumes", "/path")) and isinstance(fault.value, str)
    if fault.path[0] != "volumes" or fault.about_key or not of_text:
        return ""
    scheme, _, rest = fault.value.partition(":")
    if scheme != "efs":
        return _OTHER_VOLUMES
    system, colon, folder = rest.partition(":")
    if colon and system and not folder.startswith("/"):
        return f"the folder in the file system is absolute: write efs:FILE-SYSTEM:/{folder[:_MAX_FOLDER]}"
    return "the id of a file system begins with fs-"


def _revision_hint(fault: Fault) -> str:
    """Return help for a task definition whose revision is not a number from 1, such as `etl:latest`."""
    if fault.path != ("task_definition_arn",) or not isinstance(fault.value, str):
        return ""
    found = _WITH_REVISION.fullmatch(fault.value)
    if found is None:
        return ""
    family = found["family"]
    return f"revisions are numbered from 1, as in {family}:1; {family} alone means the newest ACTIVE one"


_WITH_REVISION: Final = re.compile(
    r"(?:arn:[^:]+:ecs:[^:]+:[0-9]{12}:task-definition/|(?!arn:))(?P<family>[A-Za-z0-9_-]{1,255})[:@][^/]*"
)
"""A reference to a task definition with something in place of its revision; no other ARN and no address."""

_MAX_FOLDER = 40
"""Characters of a folder that a hint repeats."""
_OTHER_VOLUMES = (
    "write {ebs_gib: SIZE, role_arn: ROLE} for an EBS volume; for any other, write `volumes` and "
    "`mountPoints` under `task_definition`"
)


def _hint_for_key(key: str, schema: Mapping[str, Any], path: Path) -> Hint:
    known = schema.get("properties", {})
    spelled = {letters_of(each): each for each in known}
    meant = spelled.get(letters_of(key))
    if meant is None and path[:1] == (SCHEDULE,):
        meant = other_name(key, path)
    if meant is None and (text := explained(key, path)):
        return Hint(text)
    if meant is None and not path and "image" in known:
        meant = OTHER_NAMES.get(letters_of(key))
    if meant is None and not path and "image" in known and (instead := WRITE_INSTEAD.get(letters_of(key))):
        return Hint(instead)
    if meant is None and not path and "image" in known and (of_file := _of_the_file(key, known)):
        return Hint(of_file)
    if meant is None and (where := _IN_THE_OTHER_LIST.get((key, *map(str, path[-2:-1])))):
        return Hint(where)
    if meant is None and path == ("task_definition",) and (own := _KEYS_OF_MANIFEST.get(letters_of(key))):
        return Hint(f"it is the key `{own}` of the manifest, not of the task definition")
    if meant is None and (below := _below(key, schema)):
        return Hint(below)
    meant = meant or nearest(key, known)
    if meant is None and not path and "image" in known and (other := nearest(key, OTHER_NAMES)):
        meant = OTHER_NAMES[other]
    if meant:
        return Hint(f"did you mean {key_text(meant)}?", meant)
    return Hint(f"known keys: {', '.join(known)}" if 0 < len(known) <= MAX_LISTED else "")


def _of_the_file(key: str, known: Iterable[str]) -> str:
    """Return help for a key that stands at the top of a document, and not in a job."""
    if nearest(key, (*known, _VARIABLES)) != _VARIABLES:
        return ""
    if letters_of(key) != _VARIABLES:
        return f"did you mean `{_VARIABLES}`? It belongs at the top of a document"
    return (
        f"`{_VARIABLES}` belongs at the top of a document, next to `jobs`, never in a job or in `defaults`;"
        " `--var NAME=VALUE` gives a value for one run"
    )


_VARIABLES: Final = "variables"


def _below(key: str, schema: Mapping[str, Any]) -> str:
    """Return where below this mapping a key of that name belongs, at most two mappings down."""
    for depth in (1, 2):
        for place, name in _members(schema, depth):
            if letters_of(name) == letters_of(key):
                spelling = "" if name == key else f", as {key_text(name)}"
                return f"{key_text(key)} belongs under {'.'.join(place)}{spelling}"
    return ""


def _members(
    schema: Mapping[str, Any], depth: int, place: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the keys `depth` mappings below a schema, each after the keys that lead to it."""
    for name, value in _properties(schema):
        if depth == 0:
            yield place, name
        else:
            yield from _members(value, depth - 1, (*place, name))


def _properties(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the keys of what a schema describes, be it a mapping, a list of them, or a choice."""
    yield from schema.get("properties", {}).items()
    for keyword in ("items", "then", "else"):
        if isinstance(below := schema.get(keyword), Mapping):
            yield from _properties(below)


_KEYS_OF_MANIFEST = {letters_of(each): each for each in SPEC_ORDER}
"""The keys of a job by their letters, for those that stand one level too deep."""
