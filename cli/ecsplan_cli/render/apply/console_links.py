"""Links to the AWS console: a task, and its log."""

from typing import Final
from urllib.parse import quote

from ecsplan_applier.outcomes.result import LogPlace, TaskResult

_DOMAINS: Final = (
    ("us-iso", None),
    ("eu-iso", None),
    ("eusc-", None),
    ("cn-", "console.amazonaws.cn"),
    ("us-gov-", "console.amazonaws-us-gov.com"),
    ("", "console.aws.amazon.com"),
)
"""The console's domain by the beginning of a region's name (grafana/grafana, aws_url.ts, builds its links
the same way); None where the console's address is not public knowledge."""


def task_link(task: TaskResult) -> str | None:
    """Return the page of a task, or None where there is no task or its console is not known."""
    if task.arn is None:
        return None
    parts = task.arn.split(":", 5)
    if len(parts) < 6:
        return None
    region, (_, *names) = parts[3], parts[5].split("/")
    host = _host(region)
    # The old form of a task's ARN, task/ID, does not name the cluster.
    cluster = names[0] if len(names) > 1 else task.cluster.rpartition("/")[2] or "default"
    if host is None or not names:
        return None
    where = f"clusters/{quote(cluster, safe='')}/tasks/{quote(names[-1], safe='')}"
    return f"https://{host}/ecs/v2/{where}/configuration?region={region}"


def log_link(log: LogPlace | None) -> str | None:
    """Return the page of a log stream, or None where there is none or its console is not known."""
    host = None if log is None else _host(log.region)
    if log is None or host is None:
        return None
    where = f"log-group/{_twice(log.group)}/log-events/{_twice(log.stream)}"
    return f"https://{host}/cloudwatch/home?region={log.region}#logsV2:log-groups/{where}"


def _host(region: str) -> str | None:
    domain = next(domain for prefix, domain in _DOMAINS if region.startswith(prefix))
    return None if domain is None or not region else f"{region}.{domain}"


def _twice(name: str) -> str:
    """Return a name as the console's own links have it behind the `#`: quoted twice, then `%` written `$`."""
    return quote(quote(name, safe=""), safe="").replace("%", "$")
