"""Values of bodies that nothing has checked, read leniently: what is not of the wanted type reads as absent.

AWS leaves out what is empty, a plan may hold null in its place, and an answer may come from something that is
not AWS. Whoever only looks asks for the type that it can use, and gets an empty value for every other.
"""

from collections.abc import Mapping, Sequence

from ecsplan.terms.observed import Body


def as_mapping(value: object) -> Body:
    """Return a value that is a mapping, otherwise {}."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> Sequence[object]:
    """Return a value that is a list or a tuple, otherwise ()."""
    return value if isinstance(value, (list, tuple)) else ()


def as_mappings(value: object) -> tuple[Body, ...]:
    """Return the mappings in a list, in order; () if it is none."""
    return tuple(each for each in as_list(value) if isinstance(each, Mapping))


def as_texts(value: object) -> tuple[str, ...]:
    """Return the texts in a list, in order; () if it is none."""
    return tuple(each for each in as_list(value) if isinstance(each, str))


def as_text(value: object) -> str | None:
    """Return a value that is a text and not empty, otherwise None."""
    return value if isinstance(value, str) and value else None


def as_pairs(value: object, name: str) -> tuple[tuple[str, str], ...]:
    """Return a list of `{name, value}` or `{key, value}` as pairs, in order.

    Args:
        value: The list; anything else has no pairs, and items that are not mappings are left out.
        name: The member that names an item: `name` or `key`.
    """
    return tuple((str(each.get(name, "")), str(each.get("value", ""))) for each in as_mappings(value))


def capacity_providers(request: Body) -> tuple[str, ...]:
    """Return the capacity providers that a RunTask request names, in order."""
    strategy = as_mappings(request.get("capacityProviderStrategy"))
    return tuple(name for each in strategy if (name := as_text(each.get("capacityProvider"))))
