"""Which containers of a task definition a job may mean where its manifest names none."""

from ecsplan.terms.observed import Body


def candidates(body: Body) -> tuple[str, ...]:
    """Return the names of the containers that a job may mean, each once, where the manifest names none.

    A log router is none of them, and where an essential container remains, those that are not essential are
    left out as well. Position carries no meaning: ECS returns containers in an order of its own (O1).
    """
    containers = [
        each for each in body.get("containerDefinitions", ()) if not each.get("firelensConfiguration")
    ]
    essential = [each for each in containers if each.get("essential") is not False]
    names = (each.get("name") for each in essential or containers)
    return tuple(dict.fromkeys(name for name in names if name))
