"""Where the log of a container is, by its definition."""

from ecsplan.plan.plan import Logs
from ecsplan.terms.json_types import Document, mapping, text


def log_streams(container: Document, region: str) -> Logs | None:
    """Return where a container's log streams are, or None where that is not known.

    Without a stream prefix a stream is named after the container's id on its instance, which is not
    known in advance (ECS developer guide, awslogs-stream-prefix).
    """
    logging = mapping(container, "logConfiguration")
    options = mapping(logging, "options")
    if (
        logging.get("logDriver") != "awslogs"
        or not {"awslogs-group", "awslogs-stream-prefix"} <= options.keys()
    ):
        return None
    group, prefix = text(options, "awslogs-group"), text(options, "awslogs-stream-prefix")
    return Logs(group, prefix, text(options, "awslogs-region", region))
