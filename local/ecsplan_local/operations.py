"""The operations that the endpoint knows, by service; whatever else is called gets AWS's own error."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ecsplan_local import tags
from ecsplan_local.ecs import clusters, definitions, run_task, tasks
from ecsplan_local.errors import ServiceError
from ecsplan_local.protocol.inputs import checked
from ecsplan_local.protocol.shapes import SHAPES
from ecsplan_local.protocol.wire import Call
from ecsplan_local.services import identity, logs, network, parameters, secret_values
from ecsplan_local.world import World

Operation = Callable[[World, Call], dict[str, Any] | None]

OPERATIONS: dict[str, Mapping[str, Operation]] = {
    "ecs": {
        **clusters.OPERATIONS,
        **definitions.OPERATIONS,
        **run_task.OPERATIONS,
        **tags.OPERATIONS,
        **tasks.OPERATIONS,
    },
    "logs": logs.OPERATIONS,
    "ec2": network.OPERATIONS,
    "sts": identity.OPERATIONS,
    "ssm": parameters.OPERATIONS,
    "secretsmanager": secret_values.OPERATIONS,
}


def carry_out(world: World, call: Call) -> dict[str, Any] | None:
    """Do what a call asks for and return its answer; None is an operation without output.

    Raises:
        ServiceError: AWS's refusal, the one for an unknown operation included.
    """
    operation = OPERATIONS.get(call.service, {}).get(call.operation)
    if operation is None:
        raise _unknown(call)
    shape = SHAPES.get(call.service, {}).get(call.operation)
    if shape is None:
        return operation(world, call)
    return operation(world, replace(call, parameters=checked(call.parameters, shape)))


def _unknown(call: Call) -> ServiceError:
    """Return what AWS answers to an operation that it does not have; ours has few."""
    match call.protocol:
        case "ec2":
            text = f"The action {call.operation} is not valid for this web service."
            return ServiceError("InvalidAction", text)
        case "query":
            return ServiceError("InvalidAction", f"Could not find operation {call.operation}")
        case _:
            text = f"The embedded ECS has no operation {call.operation} of {call.service}."
            return ServiceError(
                "UnknownOperationException", text, status=400 if call.protocol == "json" else 404
            )
