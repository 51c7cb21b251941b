"""Turn a registered request into what DescribeTaskDefinition returns: defaults, order and units.

Written only from public reports about ECS. It shares no code with the compiler, so that it can check it.
The names in brackets (C1, P2, …) are the rules in `docs/local.md`.
"""

import zlib
from collections.abc import Callable, Sequence

from ecsplan_local.arns import role_arn
from ecsplan_local.ecs.sizes import cpu_units, memory_mib
from ecsplan_local.json_types import Body, Json, Record, child, children, flag, items, text, texts

_ALWAYS_LISTED = ("portMappings", "environment", "mountPoints", "volumesFrom", "systemControls")
"""Lists of a container that are returned empty if they were not given [C4]."""

_KEPT_EMPTY = frozenset({*_ALWAYS_LISTED, "volumes", "placementConstraints", "host", "add", "drop"})


def described(request: Body, realm: str) -> Record:
    """Return the body that Describe returns for a RegisterTaskDefinition request.

    Args:
        request: A valid request; it is not modified.
        realm: Account and region, for the ARNs of roles given by name.
    """
    network = text(request, "networkMode", "bridge")
    body: Record = {name: _pruned(value) for name, value in request.items() if name != "tags"}
    body["containerDefinitions"] = _own_order(
        [_container(each, network) for each in children(body, "containerDefinitions")],
        lambda each: text(each, "name"),
    )
    body["volumes"] = [_volume(each) for each in children(body, "volumes")]
    body["placementConstraints"] = items(body, "placementConstraints")
    body["enableFaultInjection"] = flag(body, "enableFaultInjection")  # [T12]
    if "proxyConfiguration" in body:  # [T13]
        body["proxyConfiguration"] = {"type": "APPMESH", **child(body, "proxyConfiguration")}
    for role in ("taskRoleArn", "executionRoleArn"):  # [T5]
        if role in body:
            body[role] = role_arn(realm, text(body, role))
    if "cpu" in body:  # [T1]
        body["cpu"] = str(cpu_units(text(body, "cpu")))
    if "memory" in body:  # [T2]
        body["memory"] = str(memory_mib(text(body, "memory")))
    if "requiresCompatibilities" in body:  # [O5]
        body["requiresCompatibilities"] = sorted(texts(body, "requiresCompatibilities"))
    return {name: value for name, value in body.items() if value not in ("", [], {}) or name in _KEPT_EMPTY}


def _pruned(value: Json) -> Json:
    """Return a copy without empty lists and maps [C5]; empty strings are kept [C6]."""
    match value:
        case dict():
            members = {name: _pruned(each) for name, each in value.items() if each is not None}
            return {
                name: each
                for name, each in members.items()
                if name in _KEPT_EMPTY or not (isinstance(each, (list, dict)) and not each)
            }
        case list():
            return [_pruned(each) for each in value]
        case _:
            return value


def _own_order(members: Sequence[Body], name: Callable[[Body], str]) -> list[Body]:
    """Return items in an order that is neither the caller's nor sorted by name [O1, O2, O3, E1, S1].

    ECS returns some lists in an order of its own, which is not known. What matters is that the order is
    stable and that nobody can rely on it.
    """
    return sorted(members, key=lambda member: zlib.crc32(name(member).encode()))


def _container(container: Body, network: str) -> Record:
    out: Record = {"cpu": 0, "essential": True, **container}  # [C3, C1]
    for name in _ALWAYS_LISTED:
        out[name] = out.get(name, [])
    out["environment"] = _own_order(
        [each for each in children(out, "environment") if "value" in each],
        lambda each: str(each.get("name")),  # [E3]
    )
    out["portMappings"] = _own_order(
        [_port(each, network) for each in children(out, "portMappings")],
        lambda each: f"{each.get('containerPort')}/{each.get('protocol')}",
    )
    out["volumesFrom"] = _own_order(
        children(out, "volumesFrom"), lambda each: str(each.get("sourceContainer"))
    )
    if "secrets" in out:
        out["secrets"] = _own_order(children(out, "secrets"), lambda each: str(each.get("name")))
    if "links" in out:  # [O4]
        out["links"] = sorted(texts(out, "links"))
    if "healthCheck" in out:  # [H1]
        out["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3, **child(out, "healthCheck")}
    if "firelensConfiguration" in out:  # [F1]
        out["user"] = text(out, "user", "0")
    if "linuxParameters" in out:
        _complete_capabilities(out)
    return out


def _complete_capabilities(container: Record) -> None:
    """Add the missing one of `add` and `drop`, and remove empty capabilities [L1, L2]."""
    linux = dict(child(container, "linuxParameters"))
    capabilities = child(linux, "capabilities")
    if capabilities.get("add") or capabilities.get("drop"):
        linux["capabilities"] = {"add": [], "drop": [], **capabilities}
    else:
        linux.pop("capabilities", None)
    container["linuxParameters"] = linux


def _port(port: Body, network: str) -> Body:
    """Fill in protocol [P1] and host port [P2, P3, P4]."""
    out: Record = {"protocol": "tcp", **port}
    if "hostPort" not in out and "containerPort" in out:
        out["hostPort"] = out["containerPort"] if network in {"awsvpc", "host"} else 0
    return out


def _volume(volume: Body) -> Body:
    out = dict(volume)
    if set(out) == {"name"}:  # [V1]
        out["host"] = {}
    if "efsVolumeConfiguration" in out:  # [V3]
        out["efsVolumeConfiguration"] = {"rootDirectory": "/", **child(out, "efsVolumeConfiguration")}
    if "dockerVolumeConfiguration" in out:  # [V6]
        out["dockerVolumeConfiguration"] = {"scope": "task", **child(out, "dockerVolumeConfiguration")}
    return out


def compatibilities(request: Body) -> list[str]:
    """Return the launch types that a definition is compatible with."""
    awsvpc = request.get("networkMode") == "awsvpc"
    sized = "cpu" in request and "memory" in request
    fargate = ["FARGATE"] if awsvpc and sized else []
    external = [] if awsvpc else ["EXTERNAL"]
    return [*external, "EC2", *fargate, "MANAGED_INSTANCES"]


def required_attributes(body: Body) -> list[dict[str, str]]:
    """Return the attributes that a container instance needs to run a definition."""
    containers = children(body, "containerDefinitions")
    logs = any(text(child(each, "logConfiguration"), "logDriver") == "awslogs" for each in containers)
    sources = [text(secret, "valueFrom") for each in containers for secret in children(each, "secrets")]
    execution_role = "executionRoleArn" in body
    ecr = any(".dkr.ecr." in text(each, "image") for each in containers)
    wanted = {
        "com.amazonaws.ecs.capability.docker-remote-api.1.18": True,
        "com.amazonaws.ecs.capability.docker-remote-api.1.19": logs,
        "com.amazonaws.ecs.capability.logging-driver.awslogs": logs,
        "ecs.capability.execution-role-awslogs": logs and execution_role,
        "com.amazonaws.ecs.capability.task-iam-role": "taskRoleArn" in body,
        "com.amazonaws.ecs.capability.ecr-auth": ecr,
        "ecs.capability.execution-role-ecr-pull": ecr and execution_role,
        "ecs.capability.secrets.asm.environment-variables": any(
            ":secretsmanager:" in each for each in sources
        ),
        "ecs.capability.secrets.ssm.environment-variables": any(
            ":secretsmanager:" not in each for each in sources
        ),
        "ecs.capability.task-eni": body.get("networkMode") == "awsvpc",
    }
    return [{"name": name} for name, needed in wanted.items() if needed]
