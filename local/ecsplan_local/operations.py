"""The supported operations by service; any other operation gets AWS's error for unknown ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ecsplan_local import tags
from ecsplan_local.ecs import clusters, definitions, execute_command, run_task, services, tasks
from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body
from ecsplan_local.protocol.inputs import validated_input
from ecsplan_local.protocol.shapes import SHAPES
from ecsplan_local.protocol.wire import Call
from ecsplan_local.services import identity, logs, network, parameters, secret_values
from ecsplan_local.world import World

Operation = Callable[[World, Call], Body | None]

OPERATIONS: dict[str, Mapping[str, Operation]] = {
    "ecs": {
        **clusters.OPERATIONS,
        **definitions.OPERATIONS,
        **execute_command.OPERATIONS,
        **run_task.OPERATIONS,
        **services.OPERATIONS,
        **tags.OPERATIONS,
        **tasks.OPERATIONS,
    },
    "logs": logs.OPERATIONS,
    "ec2": network.OPERATIONS,
    "sts": identity.OPERATIONS,
    "ssm": parameters.OPERATIONS,
    "secretsmanager": secret_values.OPERATIONS,
}


def execute(world: World, call: Call) -> Body | None:
    """Execute a call and return its response, or None for an operation without output.

    Raises:
        ServiceError: AWS's error response, including the one for an unknown operation.
    """
    operation = OPERATIONS.get(call.service, {}).get(call.operation)
    if operation is None:
        raise _unknown(call)
    shape = SHAPES.get(call.service, {}).get(call.operation)
    # STS and EC2 send flat strings, which their operations read themselves.
    if shape is None:
        return operation(world, call)
    return operation(world, replace(call, parameters=validated_input(call.parameters, shape)))


def _unknown(call: Call) -> ServiceError:
    """Return AWS's error for an unknown operation, in the wording of the call's protocol."""
    match call.protocol:
        case "ec2":
            message = f"The action {call.operation} is not valid for this web service."
            return ServiceError("InvalidAction", message)
        case "query":
            return ServiceError("InvalidAction", f"Could not find operation {call.operation}")
        case _:
            message = f"The embedded ECS has no operation {call.operation} of {call.service}."
            return ServiceError(
                "UnknownOperationException", message, status=400 if call.protocol == "json" else 404
            )
