"""Name the resources that an AWS message refers to without naming them, as in "Cluster not found."."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ecsplan.terms.observed import Body

_MAX_NAMED: Final = 5
"""Most resources of a kind that one message names."""

Names: TypeAlias = Callable[[Body], Iterable[Any]]


def concerned(code: str, text: str, *requests: Body) -> tuple[str, ...]:
    """Return the resources that a message refers to without naming them, such as `cluster batch`.

    Args:
        code: AWS's error code or stop code.
        text: AWS's message, or the reason a task stopped.
        requests: The request of the call, or the definition and the run request of a task.
    """
    said = f"{code} {text}"
    found = (_named(kind, names, text, requests) for pattern, kind, names in _KINDS if pattern.search(said))
    return tuple(each for each in found if each)


def with_concerned(text: str, things: Iterable[str]) -> str:
    """Return a message followed by the resources that it refers to, in parentheses."""
    listed = ", ".join(things)
    return f"{text} ({listed})" if listed else text


def _named(kind: str, names: Names, text: str, requests: Iterable[Body]) -> str:
    """Return the resources of one kind, or "" if there are none or the text names one."""
    every = dict.fromkeys(name for each in requests for name in names(each) if isinstance(name, str) and name)
    # If the text names one of them, the others are not what it refers to.
    if not every or any(name in text for name in every):
        return ""
    shown = ", ".join(list(every)[:_MAX_NAMED])
    more = f" and {len(every) - _MAX_NAMED} more" if len(every) > _MAX_NAMED else ""
    return f"{kind}{'s' if len(every) > 1 else ''} {shown}{more}"


def _cluster(request: Body) -> Iterator[Any]:
    """Yield the cluster; a request that takes one and names none refers to the default cluster."""
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


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_KINDS: Final[tuple[tuple[re.Pattern[str], str, Names], ...]] = (
    (_pattern(r"cluster ?not ?found|cluster (was|is) (inactive|not)|your cluster"), "cluster", _cluster),
    (_pattern(r"\brole\b|assume ?role|passrole"), "role", _roles),
    (_pattern(r"InvalidVpc|\bvpc\b"), "VPC", _vpcs),
    (_pattern(r"InvalidSubnet|\bsubnets?\b"), "subnet", _of_network("subnets")),
    (_pattern(r"InvalidGroup|security ?groups?\b"), "security group", _of_network("securityGroups")),
    (_pattern(r"capacity ?provider"), "capacity provider", _providers),
    (_pattern(r"task ?definition"), "task definition", _member("taskDefinition")),
    (_pattern(r"platform"), "platform version", _member("platformVersion")),
    (_pattern(r"secrets? ?manager|\bsecrets?\b|\bssm\b|parameters?\b.*not|ParameterNotFound"), "secret",
     _of_containers(_secrets)),
    (_pattern(r"log ?group"), "log group", _of_containers(_log_group)),
    (_pattern(r"log ?group|log ?stream"), "log group", _member("logGroupName")),
    (_pattern(r"pull|manifest|repository|image"), "image", _of_containers(lambda each: [each.get("image")])),
    (_pattern(r"\befs\b|file ?system"), "file system", _file_systems),
)  # fmt: skip
"""Pattern of a message, the kind of resource it refers to, and where a request names such resources."""
