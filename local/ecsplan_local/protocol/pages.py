"""Pagination as ECS, CloudWatch Logs and EC2 do it: a limit, and a token that says where to go on."""

from typing import Any, TypeVar

from ecsplan_local.errors import ServiceError
from ecsplan_local.protocol.wire import natural

_Item = TypeVar("_Item")


def page(
    items: list[_Item], parameters: dict[str, Any], *, limit: str = "maxResults", most: int = 100
) -> tuple[list[_Item], dict[str, str]]:
    """Return one page of `items` and the member `nextToken`, if there is more.

    Args:
        items: Everything, in an order that stays the same from call to call.
        parameters: The input with the limit and `nextToken`.
        limit: Name of the parameter that limits the page.
        most: The most that one page holds, and the default.

    Raises:
        ServiceError: InvalidParameterException, for a limit out of bounds or a token that we did not give.
    """
    size = parameters.get(limit, most)
    if not isinstance(size, int) or not 1 <= size <= most:
        raise ServiceError("InvalidParameterException", f"{limit} must be between 1 and {most}.")
    token = parameters.get("nextToken") or "0"
    start = natural(token) if isinstance(token, str) else None
    if start is None or start > len(items) + most:
        raise ServiceError("InvalidParameterException", "Invalid token. The nextToken is not valid.")
    rest = start + size < len(items)
    return items[start : start + size], {"nextToken": str(start + size)} if rest else {}
