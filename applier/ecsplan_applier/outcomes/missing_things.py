"""Name the resources that an AWS message refers to without naming them, as in "Cluster not found."."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, capacity_providers
from ecsplan.terms.observed import Body

_MAX_NAMED: Final = 5
"""Most resources of a kind that one message names."""

Names: TypeAlias = Callable[[Body], Iterable[object]]
"""Finds the names in a request; what is not a text, or is empty, is none."""


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


def _cluster(request: Body) -> Iterator[object]:
    """Yield the cluster; a request that takes one and names none refers to the default cluster."""
    if "cluster" in request or {"taskDefinition", "tasks", "task", "startedBy"} & request.keys():
        yield request.get("cluster") or "default"


def _roles(request: Body) -> Iterator[object]:
    for body in (request, as_mapping(request.get("overrides"))):
        yield from (body.get(each) for each in ("executionRoleArn", "taskRoleArn", "roleArn", "RoleArn"))


def _vpcs(request: Body) -> Iterator[object]:
    yield from as_list(request.get("VpcIds"))
    for each in as_mappings(request.get("Filters")):
        if each.get("Name") == "vpc-id":
            yield from as_list(each.get("Values"))


def _of_network(member: str) -> Names:
    def names(request: Body) -> Iterable[object]:
        network = as_mapping(as_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
        return as_list(network.get(member))

    return names


def _of_containers(members: Callable[[Body], Iterable[object]]) -> Names:
    def names(request: Body) -> Iterator[object]:
        for each in as_mappings(request.get("containerDefinitions")):
            yield from members(each)

    return names


def _secrets(container: Body) -> Iterator[object]:
    logging = as_mapping(container.get("logConfiguration"))
    for each in (*as_mappings(container.get("secrets")), *as_mappings(logging.get("secretOptions"))):
        yield each.get("valueFrom")
    yield as_mapping(container.get("repositoryCredentials")).get("credentialsParameter")


def _log_group(container: Body) -> Iterator[object]:
    yield as_mapping(as_mapping(container.get("logConfiguration")).get("options")).get("awslogs-group")


def _member(name: str) -> Names:
    return lambda request: [request.get(name)]


def _file_systems(request: Body) -> Iterator[object]:
    for each in as_mappings(request.get("volumes")):
        yield as_mapping(each.get("efsVolumeConfiguration")).get("fileSystemId")


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_KINDS: Final[tuple[tuple[re.Pattern[str], str, Names], ...]] = (
    (_pattern(r"cluster ?not ?found|cluster (was|is) (inactive|not)|your cluster"), "cluster", _cluster),
    (_pattern(r"\brole\b|assume ?role|passrole"), "role", _roles),
    (_pattern(r"InvalidVpc|\bvpc\b"), "VPC", _vpcs),
    (_pattern(r"InvalidSubnet|\bsubnets?\b"), "subnet", _of_network("subnets")),
    (_pattern(r"InvalidGroup|security ?groups?\b"), "security group", _of_network("securityGroups")),
    (_pattern(r"capacity ?provider"), "capacity provider", capacity_providers),
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
