"""What becomes of each member of a Compose file: the table of its page, and the reasons in notes."""

from collections.abc import Mapping
from typing import Final

from ecsplan_convert.source import Row

_NETWORK: Final = "a task has a network of its own; set `subnets` and `security_groups`"
_VOLUMES: Final = (
    "a task has no volumes of the host; use `volumes` with EFS or EBS, or the task's own storage"
)
_SECRETS: Final = (
    "files are not mounted; put values into Secrets Manager or SSM, and name them under `secrets`"
)
_FARGATE: Final = "Fargate does not support it"
_HOST: Final = "belongs to one host"
_IMAGE: Final = "belongs to the image, which is built beforehand"
_SERVICE: Final = "only for services that go on running"

UNSUPPORTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "networks",
            "network_mode",
            "links",
            "external_links",
            "expose",
            "mac_address",
            "hostname",
            "domainname",
        ),
        _NETWORK,
    ),
    **dict.fromkeys(
        ("extra_hosts", "dns", "dns_search", "dns_opt"), "the network mode awsvpc does not support it"
    ),
    **dict.fromkeys(("volumes", "volumes_from", "tmpfs", "volume_driver", "storage_opt"), _VOLUMES),
    **dict.fromkeys(("secrets", "configs", "credential_spec"), _SECRETS),
    **dict.fromkeys(
        (
            *("privileged", "devices", "device_cgroup_rules", "ipc", "pid", "security_opt", "shm_size"),
            *("userns_mode", "uts", "cgroup", "cgroup_parent", "runtime", "isolation", "memswap_limit"),
            *("mem_swappiness", "oom_kill_disable", "oom_score_adj", "pids_limit", "blkio_config", "cpuset"),
            *("cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"),
            *("cpu_shares", "group_add"),
        ),
        _FARGATE,
    ),
    "sysctls": "set `systemControls` of the container in `task_definition`",
    "container_name": "a task is not known by the name of its container",
    "annotations": "a task has none; use `labels`",
    "develop": _IMAGE,
    "stop_signal": "ECS takes it from the image (STOPSIGNAL)",
    "post_start": "a container of ECS has no hooks",
    "pre_stop": "a container of ECS has no hooks",
    "provider": "belongs to Compose itself",
    "models": "belongs to Compose itself",
    "label_file": "its labels were not read; write them under `labels`",
    "use_api_socket": _HOST,
    "deploy.resources.limits.pids": _FARGATE,
    "deploy.resources.reservations.generic_resources": _FARGATE,
    "deploy.mode": _SERVICE,
    "deploy.endpoint_mode": _SERVICE,
    "deploy.update_config": _SERVICE,
    "deploy.rollback_config": _SERVICE,
    "deploy.placement": "set `placement_constraints` on EC2",
    "deploy.labels": "are of the service, not of its containers",
    "x-aws-role": "an inline policy; set `task_role_arn`",
    "x-aws-policies": "set `task_role_arn`",
    "x-aws-pull_credentials": "set `repositoryCredentials` of the container in `task_definition`",
    "x-aws-logs_retention": "set `log_retention_days` along with `configure_cloudwatch_logs`",
    "x-aws-autoscaling": _SERVICE,
    "x-aws-min_percent": _SERVICE,
    "x-aws-max_percent": _SERVICE,
}
"""Members of a service, and why they are not carried over."""

OF_DEPLOY: Final = frozenset(
    {
        *("deploy.replicas", "deploy.restart_policy"),
        *("deploy.resources.limits.cpus", "deploy.resources.limits.memory"),
        *("deploy.resources.reservations.cpus", "deploy.resources.reservations.memory"),
        "deploy.resources.reservations.devices",
    }
)
"""Members of `deploy` that are read."""

OF_FILE: Final[Mapping[str, str]] = {
    "name": "the name of the project is not part of the jobs",
    "volumes": _VOLUMES,
    "networks": _NETWORK,
    "secrets": _SECRETS,
    "configs": _SECRETS,
    "models": "belongs to Compose itself",
    "x-aws-cluster": "not the name or ARN of a cluster",
    "x-aws-vpc": "not the id of a VPC",
    "x-aws-loadbalancer": _SERVICE,
    "x-aws-cloudformation": "a manifest creates no other resources",
}
"""Members of the whole file, and why they are not carried over."""

_KEPT: Final = (
    Row("services", "jobs", "each service is a job of the same name"),
    Row("image", "image", "required; a service without one is left out"),
    Row("build", "", "nothing is built; a service with `image` beside it takes that"),
    Row("command", "command", "no shell, as in Compose; an empty one cannot be kept"),
    Row("entrypoint", "entry_point", "as a list; an empty one cannot be kept"),
    Row("environment", "env", "a `KEY` alone is left out: Compose takes it from the caller's environment"),
    Row("env_file", "env_file", "one file, in docker's format: no quotes, no `${VAR}`"),
    Row("depends_on", "after", "waits for the end with success, whatever `condition` and `required` say"),
    Row("labels", "labels", "those that ECS takes as tags; others are `dockerLabels` in `task_definition`"),
    Row("platform", "runtime_platform", "linux/amd64 and linux/arm64"),
    Row("deploy.resources.limits, cpus, mem_limit", "cpu, memory", "rounded up to a size that Fargate sells"),
    Row("deploy.resources.reservations, mem_reservation", "cpu, memory", "where there are no limits"),
    Row("deploy.resources.reservations.devices, gpus", "gpus", "as a comment, with `launch_type: EC2`"),
    Row("deploy.replicas, scale", "count"),
    Row(
        "restart: on-failure:N, deploy.restart_policy",
        "retry",
        "N further attempts; `delay` and `window` are left out",
    ),
    Row("stop_grace_period", "stop_timeout_seconds", "2 to 120 whole seconds"),
    Row("healthcheck", "task_definition", "`healthCheck` of the container, within ECS's bounds"),
    Row("user, working_dir, tty, stdin_open, read_only, init", "task_definition", "of the container"),
    Row("cap_add, cap_drop, ulimits", "task_definition", "what Fargate allows: SYS_PTRACE, any, `nofile`"),
    Row("logging", "configure_cloudwatch_logs", "the driver awslogs, as a comment: it needs a role"),
    Row("extends", "jobs", "followed, also into other files"),
    Row(
        "ports, restart: always, unless-stopped, deploy.restart_policy: any",
        "",
        "a job is expected to end; noted",
    ),
    Row("profiles", "", "all services are jobs; `ecsplan apply --only` runs some of them"),
    Row("${VAR}", "", "left out: the value is the caller's; `${VAR:-x}` is x, `$$` is `$`"),
    Row("x-aws-cluster, x-aws-vpc", "cluster, vpc_id"),
    Row("include", "", "not read; `docker compose config` prints the whole file"),
    Row("version, pull_policy, attach", "", "without effect on a job"),
)


def _unsupported() -> tuple[Row, ...]:
    """Return a row for each reason, with the members that have it."""
    members: dict[str, list[str]] = {}
    for member, reason in {**UNSUPPORTED, **OF_FILE}.items():
        if member not in {"x-aws-cluster", "x-aws-vpc"}:
            members.setdefault(reason, []).append(member)
    return tuple(Row(", ".join(names), "", reason) for reason, names in members.items())


TABLE: Final[tuple[Row, ...]] = (*_KEPT, *_unsupported())
"""The table of the format."""
