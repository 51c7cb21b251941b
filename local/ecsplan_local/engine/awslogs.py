"""The awslogs driver: from the options of a container to its log stream."""

from dataclasses import dataclass

from ecsplan_local.json_types import Body, child, text
from ecsplan_local.services.log_store import append, ensure_group, ensure_stream, group_exists
from ecsplan_local.world import World

NO_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
    "exist. : exit status 1"
)
"""The reason of a task whose log group is missing (reported from Fargate, platform version 1.4.0)."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A log stream.

    Args:
        realm: Account and region.
        group: Name of the log group.
        stream: `PREFIX/CONTAINER/TASK ID`.
        creates_group: Whether the driver creates a missing group.
    """

    realm: str
    group: str
    stream: str
    creates_group: bool


def destination(realm: str, container: Body, task_id: str) -> Destination | None:
    """Return the log stream of a container, or None without the awslogs driver.

    Args:
        realm: Account and region of the task.
        container: The container in the task definition.
        task_id: 32 hexadecimal digits.
    """
    configuration = child(container, "logConfiguration")
    if configuration.get("logDriver") != "awslogs":
        return None
    options = child(configuration, "options")
    # The group may be in another region than the task, but not in another account.
    account, _, region = realm.partition("/")
    prefix = text(options, "awslogs-stream-prefix")
    stream = f"{prefix}/{text(container, 'name')}/{task_id}" if prefix else task_id
    return Destination(
        realm=f"{account}/{options.get('awslogs-region', region)}",
        group=text(options, "awslogs-group"),
        stream=stream,
        creates_group=options.get("awslogs-create-group") == "true",
    )


KEPT_OUTPUT = ("/ecsplan/local", "output")
"""Log group and stream prefix of output that ECS would not keep; only where an endpoint is asked to."""


def kept(realm: str, container: Body, task_id: str) -> Destination:
    """Return where an endpoint that keeps all output puts that of a container without a stream of its own."""
    group, prefix = KEPT_OUTPUT
    stream = f"{prefix}/{text(container, 'name')}/{task_id}"
    return Destination(realm, group, stream, creates_group=True)


def open_stream(world: World, to: Destination) -> str | None:
    """Create the stream if needed; return the reason why the container cannot start, or None."""
    with world.store.transaction():
        if not group_exists(world, to.realm, to.group):
            if not to.creates_group:
                return NO_GROUP
            ensure_group(world, to.realm, to.group)
        ensure_stream(world, to.realm, to.group, to.stream)
    return None


def write(world: World, to: Destination, events: list[tuple[int, str]]) -> None:
    """Append events (milliseconds since 1970, text)."""
    if events:
        append(world, to.realm, to.group, to.stream, events)
