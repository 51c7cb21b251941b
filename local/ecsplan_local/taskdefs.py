"""What RegisterTaskDefinition refuses, with ECS's error codes and texts."""

import re
from typing import Any

from .errors import client_error

_FAMILY = re.compile(r"[A-Za-z0-9_-]{1,255}")


def check_request(request: dict[str, Any]) -> None:
    """Check a RegisterTaskDefinition request.

    Raises:
        ServiceError: ECS's refusal of the first thing that is wrong.
    """
    if not _FAMILY.fullmatch(str(request.get("family", ""))):
        raise client_error("Invalid family: only letters, digits, hyphens and underscores are allowed.")
    if not request.get("containerDefinitions"):
        raise client_error("Container list cannot be empty.")
    for container in request["containerDefinitions"]:
        if not container.get("name"):
            raise client_error("Container.name should not be null or empty.")
        if not container.get("image"):
            raise client_error("Container.image should not be null or empty.")
