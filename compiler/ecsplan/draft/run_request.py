"""Build the RunTask request of a job, before the job's patch."""

from ecsplan.draft import network
from ecsplan.draft.network_lookup import NetworkFound
from ecsplan.job.from_service import takes_network
from ecsplan.job.network_keys import KEYS as NETWORK_KEYS
from ecsplan.job.spec import JobSpec
from ecsplan.terms.json_types import Document, Record, mappings, name_of
from ecsplan.terms.manifest_keys import OVERRIDE_OPTIONS
from ecsplan.terms.member_order import ordered


def build(
    job: JobSpec,
    definition: Document,
    container: str,
    *,
    revision: str,
    found: NetworkFound,
    known: bool,
) -> Record:
    """Return the request without `clientToken` and `startedBy`, which each apply sets.

    `tags`, and `overrides` with the job's container and its `environment`, are present even if empty, so that
    patches can add to them.

    Args:
        job: The job.
        definition: The task definition that will run.
        container: The name of the job's container.
        revision: The ARN to run, or its placeholder.
        found: What AWS has said about the job's network.
        known: False for a linked definition that AWS was not asked about.
    """
    request: Record = {
        "taskDefinition": revision,
        "overrides": _overrides(job, definition, container, known=known),
        "tags": [{"key": key, "value": value} for key, value in job.labels.items()],
        **job.run_options,
    }
    launched = [{**each.launch} for each in job.volumes if each.launch is not None]
    if launched:
        configured = mappings(request, "volumeConfigurations")
        names = {name_of(each) for each in configured}
        request["volumeConfigurations"] = [
            *configured,
            *(each for each in launched if name_of(each) not in names),
        ]
    if job.strategy:
        request["capacityProviderStrategy"] = list(job.strategy)
    elif job.launch_type == "FARGATE_SPOT":
        request["capacityProviderStrategy"] = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    elif job.launch_type is not None:
        request["launchType"] = job.launch_type
    is_written = job.network is not None or any(job.says(each) for each in NETWORK_KEYS) or takes_network(job)
    unseen_network = not known and (is_written or job.on_fargate)
    if definition.get("networkMode") == "awsvpc" or unseen_network:
        request["networkConfiguration"] = {"awsvpcConfiguration": network.configuration(job, found)}
    return ordered(request)


def _overrides(job: JobSpec, definition: Document, container: str, *, known: bool) -> Record:
    own: Record = {
        "name": container,
        "environment": [
            {"name": name, "value": value} for name, value in job.env.items() if value is not None
        ],
    }
    if job.command is not None:
        own["command"] = list(job.command)
    overrides: Record = {"containerOverrides": [own]}
    # A container's own size limits it below the task's new one. With other containers in the task, only the
    # author of the manifest knows how they are to share it.
    alone = known and [each.get("name") for each in mappings(definition, "containerDefinitions")] == [
        container
    ]
    for name, amount in ("cpu", job.cpu_units), ("memory", job.memory_mib):
        if amount is not None:
            overrides[name] = str(amount)
            if alone:
                own[name] = amount
    overrides |= {name: job.spec[key] for key, name in OVERRIDE_OPTIONS.items() if job.says(key)}
    if job.linked is not None and job.ephemeral_storage_gib is not None:
        overrides["ephemeralStorage"] = {"sizeInGiB": job.ephemeral_storage_gib}
    return overrides
