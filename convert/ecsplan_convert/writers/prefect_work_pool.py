"""Prefect: a base job template for a work pool of the ECS worker of prefect-aws 0.4.20.

As `ECSTask.generate_work_pool_base_job_template` writes it: the keys of the job are defaults of variables,
its definition stands in the job configuration, and patches are applied to the template. Where that loses a
value, the template has it.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecsplan.decision.decide_revision import Reuse, Undecided
from ecsplan.job.spec import JobSpec
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import linked_of, spec_of
from ecsplan.terms.bodies import as_mapping, as_mappings
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.placeholders import lookup_at_apply, placeholders_in
from ecsplan_convert.exported import Exported
from ecsplan_convert.prefect.fit import (
    CONFIGURATION,
    definition_notes,
    fitted_definition,
    fitted_request,
    patched_request,
    with_configuration,
)
from ecsplan_convert.prefect.network import INNER, NETWORK, Network, is_of_network, network_of
from ecsplan_convert.prefect.slugs import slugged_tag
from ecsplan_convert.prefect.template import base_job_template, placeholder
from ecsplan_convert.prefect.worker import CONTAINER
from ecsplan_convert.writers.planned import json_document, linked_as_it_is, tasks_of

MAX_JOBS: Final = 1

LOST: Final[Mapping[str, str]] = {
    "after": "Prefect orders flow runs, not a work pool",
    "array": "each flow run is one task",
    "max_parallel": "each flow run is one task",
    "succeed_on": "Prefect takes 0 alone for success",
    "retry": "set retries in the flow or its deployment",
    "concurrency": "set a concurrency limit on the work pool",
    "task_timeout_seconds": "set a timeout on the flow",
    "log_retention_days": "set the retention of the log group itself",
    "log_retention": "set the retention of the log group itself",
    "schedule": "set it on the deployment",
    "aws": "create an AWS Credentials block and choose it as `aws_credentials`",
}
"""Keys that no base job template can say, and what to do in Prefect."""
_LAUNCH: Final = frozenset({"launchType", "capacityProviderStrategy"})
_FILLED_IN: Final = re.compile(r"\{\{\s*prefect\.(?:blocks|variables)\.")
"""References that Prefect resolves wherever they stand, in the values of variables, too."""


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return the base job template of a job, as `prefect work-pool create --base-job-template` takes it."""
    (job,) = jobs
    spec = spec_of(job)
    linked = _linked(job)
    notes = [f"`{key}`: {why}" for key, why in LOST.items() if spec.says(key)]
    network = network_of(job, spec)
    template, network_notes = _with_defaults(_defaults(job, spec, network, linked)), network.notes
    if linked is None:
        template = fitted_definition(template, job, spec.task_definition)
    template, unfit = patched_request(template, [each for each in spec.task_patch if not is_of_network(each)])
    template, request_notes = fitted_request(_with_network(template, network), job, linked=linked is not None)
    if linked is None:
        request_notes = (*definition_notes(template, job), *request_notes)
    if unfit and request_notes:
        paths = ", ".join(f"`{each['path']}`" for each in unfit)
        request_notes = (f"the patch of {paths} does not fit the template", *request_notes)
    template = _looked_up(template, job)
    notes += (*network_notes, *request_notes, *_notes(job, spec, template))
    return Exported(json_document(as_mapping(template)), notes=tuple(f"{job.name}: {each}" for each in notes))


def _linked(job: PlannedJob) -> str | None:
    """Return the definition that a linked job runs as it is; None where one is registered for it."""
    linked = linked_of(job)
    match job.definition.decision:
        case Undecided():
            return linked
        case Reuse(arn=str() as arn) if linked is not None:
            return linked_as_it_is(job) or arn
        case _:
            return None


def _defaults(job: PlannedJob, spec: JobSpec, network: Network, linked: str | None) -> Record:
    """Return the defaults of variables that the keys of a job give, and those that its requests need."""
    found: dict[str, Any] = {
        "name": job.name,
        "env": dict(spec.env),
        "labels": dict(spec.labels),
        "command": None if spec.command is None else shlex.join(spec.command),
        "task_definition_arn": linked,
        "cluster": spec.cluster,
        "family": _family(job, spec, linked),
        "image": spec.image,
        "cpu": spec.cpu_units,
        "memory": spec.memory_mib,
        "container_name": _container(job, linked),
        "task_role_arn": spec.task_role_arn,
        "execution_role_arn": spec.execution_role_arn,
        "vpc_id": network.vpc_id,
        "network_configuration": network.inner,
        "auto_deregister_task_definition": job.watch.deregister or None,
        "match_latest_revision_in_family": True if spec.says("reuse") else None,
        **_launch(spec),
        **_logging(job, spec),
    }
    for key in ("task_start_timeout_seconds", "task_watch_poll_interval"):
        found[key] = spec.spec.get(key)
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _family(job: PlannedJob, spec: JobSpec, linked: str | None) -> str | None:
    """Return the family, unless the definition in the manifest says it by itself."""
    if linked or (not spec.says("family") and spec.task_definition.get("family") == job.definition.family):
        return None
    return job.definition.family


def _container(job: PlannedJob, linked: str | None) -> str | None:
    """Return the job's container, where it is known and the worker would not find it by itself."""
    name = job.watch.container
    return None if name == CONTAINER or (linked and name.startswith("<")) else name


def _launch(spec: JobSpec) -> dict[str, Any]:
    """Return the launch type; for capacity providers the one that the worker prepares a definition for."""
    strategy = [{"base": 0, "weight": 0, **each} for each in spec.strategy]
    if strategy:
        launch = {} if spec.on_fargate else {"launch_type": "EC2"}
        return {**launch, "capacity_provider_strategy": strategy}
    return {"launch_type": spec.launch_type} if spec.launch_type not in {None, "FARGATE"} else {}


def _logging(job: PlannedJob, spec: JobSpec) -> dict[str, Any]:
    """Return what configures the log: the options that the worker does not set by itself."""
    streams = {"stream_output": spec.stream_output}
    if not spec.configure_logs:
        configure = False if spec.stream_output and spec.says("configure_cloudwatch_logs") else None
        return {**streams, "configure_cloudwatch_logs": configure}
    containers = as_mappings(job.definition.request.get("containerDefinitions"))
    own = next((each for each in containers if each.get("name") == job.watch.container), {})
    options = as_mapping(as_mapping(own.get("logConfiguration")).get("options"))
    added = {"awslogs-create-group": "true", "awslogs-region": options.get("awslogs-region")}
    kept = {n: v for n, v in options.items() if n in spec.log_options or added.get(n) != v}
    return {**streams, "configure_cloudwatch_logs": True, "cloudwatch_logs_options": kept}


def _with_defaults(defaults: Document) -> Record:
    """Return the base job template with these defaults of its variables."""
    template = base_job_template()
    for name, value in defaults.items():
        template["variables"]["properties"][name]["default"] = value
    return template


def _with_network(template: Document, network: Network) -> Record:
    """Return a template whose network the worker takes.

    It refuses a `network_configuration` without a `vpc_id`, but takes one in the request itself.
    """
    configuration = as_mapping(template[CONFIGURATION])
    if network.inner is None or network.vpc_id is not None:
        return dict(template)
    request = {
        **as_mapping(configuration["task_run_request"]),
        NETWORK: {INNER: placeholder("network_configuration")},
    }
    kept = {name: each for name, each in configuration.items() if name != "network_configuration"}
    return with_configuration({**template, CONFIGURATION: kept}, task_run_request=request)


def _looked_up(value: Any, job: PlannedJob) -> Any:
    """Return a value with what was looked up in place of the placeholders of lookups."""
    if isinstance(value, str):
        for name, found in job.observed.items():
            if value == lookup_at_apply(name):
                return found
            value = value.replace(lookup_at_apply(name), str(found))
        return value
    if isinstance(value, Mapping):
        return {name: _looked_up(each, job) for name, each in value.items()}
    return [_looked_up(each, job) for each in value] if isinstance(value, list | tuple) else value


def _is_kept(text: str) -> bool:
    """Return whether the worker sends the key or the value of a tag as it is."""
    return re.fullmatch(r"[a-zA-Z0-9_./=+:@-]*", text) is not None and slugged_tag(text) == text


def _notes(job: PlannedJob, spec: JobSpec, template: Document) -> Sequence[str]:
    """Return what else is different in Prefect, or left open."""
    notes = []
    linked = _linked(job)
    if linked is not None and placeholders_in(linked):
        notes.append(f"`task_definition_arn` is marked `{linked}`: enter its family or ARN")
    changed = [f"`{key}`" for key, value in spec.labels.items() if not (_is_kept(key) and _is_kept(value))]
    if changed:
        notes.append(f"Prefect's worker cleans the tags {', '.join(changed)} in a way of its own")
    if tasks_of(job.run_request) != 1:
        notes.append("`count`: each flow run starts so many tasks, and Prefect's worker watches one of them")
    if linked is None and spec.launch_type is None and not _LAUNCH & job.run_request.keys():
        notes.append("`launch_type: null`: Prefect's worker prepares the definition as for Fargate")
    if spec.says("reuse") and spec.reuses_recent:
        notes.append("`reuse: recent`: Prefect's worker looks at the newest revision alone")
    if linked_of(job) is not None and job.watch.container.startswith("<"):
        notes.append(
            "the container is not known offline: Prefect's worker takes `prefect`, else the first one"
        )
    if _FILLED_IN.search(json.dumps(template)):
        notes.append("Prefect puts in what `{{ prefect.… }}` refers to, which the job takes as it stands")
    return notes
