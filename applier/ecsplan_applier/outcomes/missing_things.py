"""The things of a request that AWS's words are about and do not name, as in "Cluster not found."."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ecsplan.terms.observed import Body

_MAX_NAMED: Final = 5
"""Things of a kind that are named in one message."""

Names: TypeAlias = Callable[[Body], Iterable[Any]]


def concerned(code: str, text: str, *requests: Body) -> tuple[str, ...]:
    """Return what a message is about and does not name, as `cluster batch` or `role arn:…`.

    Args:
        code: AWS's error code, or its stop code.
        text: AWS's message, or the reason why a task stopped.
        requests: What was asked for: the call's request, or the definition and the run request of a task.
    """
    said = f"{code} {text}"
    found = (_named(kind, names, text, requests) for says, kind, names in _KINDS if says.search(said))
    return tuple(each for each in found if each)


def with_concerned(text: str, things: Iterable[str]) -> str:
    """Return a message followed by the things that it is about, in brackets."""
    listed = ", ".join(things)
    return f"{text} ({listed})" if listed else text


def _named(kind: str, names: Names, text: str, requests: Iterable[Body]) -> str:
    """Return the things of one kind, or "" where there is none or the text names one."""
    every = dict.fromkeys(name for each in requests for name in names(each) if isinstance(name, str) and name)
    if not every or any(name in text for name in every):
        return ""
    shown = ", ".join(list(every)[:_MAX_NAMED])
    more = f" and {len(every) - _MAX_NAMED} more" if len(every) > _MAX_NAMED else ""
    return f"{kind}{'s' if len(every) > 1 else ''} {shown}{more}"


def _cluster(request: Body) -> Iterator[Any]:
    """Yield the cluster; a request of a kind that takes one, and names none, is about the default one."""
    if "cluster" in request or {"taskDefinition", "tasks", "task", "startedBy"} & request.keys():
        yield request.get("cluster") or "default"


def _roles(request: Body) -> Iterator[Any]:
    for body in (request, _mapping(request.get("overrides"))):
        yield from (body.get(each) for each in ("executionRoleArn", "taskRoleArn", "roleArn", "RoleArn"))


def _vpcs(request: Body) -> Iterator[Any]:
    yield from request.get("VpcIds") or ()
    for each in request.get("Filters") or ():
        if each.get("Name") == "vpc-id":
            yield from each.get("Values") or ()


def _of_network(member: str) -> Names:
    def names(request: Body) -> Iterable[Any]:
        network = _mapping(_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
        return network.get(member) or ()

    return names


def _providers(request: Body) -> Iterator[Any]:
    yield from (
        _mapping(each).get("capacityProvider") for each in request.get("capacityProviderStrategy") or ()
    )


def _of_containers(members: Callable[[Body], Iterable[Any]]) -> Names:
    def names(request: Body) -> Iterator[Any]:
        for each in request.get("containerDefinitions") or ():
            yield from members(_mapping(each))

    return names


def _secrets(container: Body) -> Iterator[Any]:
    logging = _mapping(container.get("logConfiguration"))
    for each in (*(container.get("secrets") or ()), *(logging.get("secretOptions") or ())):
        yield _mapping(each).get("valueFrom")
    yield _mapping(container.get("repositoryCredentials")).get("credentialsParameter")


def _log_group(container: Body) -> Iterator[Any]:
    yield _mapping(_mapping(container.get("logConfiguration")).get("options")).get("awslogs-group")


def _member(name: str) -> Names:
    return lambda request: [request.get(name)]


def _file_systems(request: Body) -> Iterator[Any]:
    for each in request.get("volumes") or ():
        yield _mapping(_mapping(each).get("efsVolumeConfiguration")).get("fileSystemId")


def _mapping(value: Any) -> Body:
    return value if isinstance(value, Mapping) else {}


def _says(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_KINDS: Final[tuple[tuple[re.Pattern[str], str, Names], ...]] = (
    (_says(r"cluster ?not ?found|cluster (was|is) (inactive|not)|your cluster"), "cluster", _cluster),
    (_says(r"\brole\b|assume ?role|passrole"), "role", _roles),
    (_says(r"InvalidVpc|\bvpc\b"), "VPC", _vpcs),
    (_says(r"InvalidSubnet|\bsubnets?\b"), "subnet", _of_network("subnets")),
    (_says(r"InvalidGroup|security ?groups?\b"), "security group", _of_network("securityGroups")),
    (_says(r"capacity ?provider"), "capacity provider", _providers),
    (_says(r"task ?definition"), "task definition", _member("taskDefinition")),
    (_says(r"platform"), "platform version", _member("platformVersion")),
    (_says(r"secrets? ?manager|\bsecrets?\b|\bssm\b|parameters?\b.*not|ParameterNotFound"), "secret",
     _of_containers(_secrets)),
    (_says(r"log ?group"), "log group", _of_containers(_log_group)),
    (_says(r"log ?group|log ?stream"), "log group", _member("logGroupName")),
    (_says(r"pull|manifest|repository|image"), "image", _of_containers(lambda each: [each.get("image")])),
    (_says(r"\befs\b|file ?system"), "file system", _file_systems),
)  # fmt: skip
"""Words, the kind of thing that they are about, and where a request names those."""
