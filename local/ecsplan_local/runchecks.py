"""What RunTask refuses, with ECS's error codes and texts."""

from typing import Any

from .errors import invalid_parameter
from .wire import Call
from .world import World


def check_run(world: World, call: Call, cluster: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Return a RunTask request with the cluster's defaults filled in.

    Raises:
        ServiceError: ECS's refusal of the first thing that is wrong.
    """
    request = {name: value for name, value in call.parameters.items() if value is not None}
    count = request.get("count", 1)
    if not 1 <= count <= 10:
        raise invalid_parameter("Count must be between 1 and 10.")
    return request
