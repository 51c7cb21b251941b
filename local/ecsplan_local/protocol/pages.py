"""Pagination in the style of ECS and CloudWatch Logs: a limit, and a token for the next page."""

from typing import TypeVar

from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body, Record
from ecsplan_local.protocol.wire import parse_number

_Item = TypeVar("_Item")


def page(
    items: list[_Item],
    parameters: Body,
    *,
    limit: str = "maxResults",
    most: int = 100,
    usual: int | None = None,
) -> tuple[list[_Item], Record]:
    """Return one page of `items`, and the member `nextToken` if there are more.

    Args:
        items: All items, in an order that is the same for each call.
        parameters: The input, which may have the limit and `nextToken`.
        limit: Name of the parameter that limits the page.
        most: The largest page.
        usual: The page where the call sets no limit; None for the largest.

    Raises:
        ServiceError: InvalidParameterException, for a limit out of bounds or an invalid token.
    """
    size = parameters.get(limit, usual or most)
    if not isinstance(size, int) or not 1 <= size <= most:
        raise ServiceError("InvalidParameterException", f"{limit} must be between 1 and {most}.")
    token = parameters.get("nextToken") or "0"
    start = parse_number(token) if isinstance(token, str) else None
    # Items may have been deleted since the token was issued: that is an empty page, not an error.
    if start is None or start > len(items) + most:
        raise ServiceError("InvalidParameterException", "Invalid token. The nextToken is not valid.")
    rest = start + size < len(items)
    return items[start : start + size], {"nextToken": str(start + size)} if rest else {}
