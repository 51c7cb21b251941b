"""Read the base job template of a Prefect work pool whose worker is the ECS worker of prefect-aws."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan_convert.prefect import values as types
from ecsplan_convert.prefect.fields import DEFAULT_IMAGE, FLOW_RUN_NOTE, FOLLOWING, Part, credentials
from ecsplan_convert.prefect.pool_keys import keys_of_pool
from ecsplan_convert.prefect.worker import filled, prepared
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs

TABLE: Final[tuple[Row, ...]] = (
    Row("name", "name"),
    Row("command", "command", "split as a shell would"),
    Row("env", "env"),
    Row("labels", "labels"),
    Row("aws_credentials", "aws", "region, profile and endpoint; keys are never copied"),
    Row("task_definition", "task_definition", "or `image`, `family`, `cpu`, … where these say it all"),
    Row("task_run_request.taskDefinition", "task_definition_arn", "the worker then ignores the definition"),
    Row("task_run_request.launchType", "launch_type"),
    Row("task_run_request.capacityProviderStrategy", "capacity_provider_strategy"),
    Row("task_run_request.cluster", "cluster"),
    Row("task_run_request.tags", "labels"),
    Row("task_run_request.overrides", "cpu, memory, task_role_arn, execution_role_arn"),
    Row("task_run_request", "task_customizations", "what no key says"),
    Row("network_configuration", "network_configuration"),
    Row("vpc_id", "vpc_id", "not beside `network_configuration`, which needs none"),
    Row("configure_cloudwatch_logs", "configure_cloudwatch_logs", "with the worker's log group, `prefect`"),
    Row("cloudwatch_logs_options", "cloudwatch_logs_options"),
    Row("cloudwatch_logs_prefix", "cloudwatch_logs_options", "as `awslogs-stream-prefix`"),
    Row("stream_output", "stream_output"),
    Row("container_name", "container_name"),
    Row("execution_role_arn", "execution_role_arn"),
    Row("auto_deregister_task_definition", "auto_deregister_task_definition"),
    Row(
        "match_latest_revision_in_family", "reuse", "always: ecsplan looks at the latest revision by default"
    ),
    Row("task_start_timeout_seconds", "task_start_timeout_seconds"),
    Row("task_watch_poll_interval", "task_watch_poll_interval"),
    Row("prefect_api_key_secret_arn", "secrets", "as `PREFECT_API_KEY`"),
    Row("prefect_api_auth_string_secret_arn", "secrets", "as `PREFECT_API_AUTH_STRING`"),
)

_DEFINITION: Final = "task_definition"
_REQUEST: Final = "task_run_request"
_POOLS_TEMPLATE: Final = "base_job_template"
"""The member of a work pool, as Prefect's API describes it, that holds its template."""
_CREDENTIALS: Final = "aws_credentials"
_TYPES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": types.text,
    "command": types.words,
    "env": types.texts_by_name,
    "labels": types.texts_by_name,
    _DEFINITION: types.mapping,
    _REQUEST: types.mapping,
    "configure_cloudwatch_logs": types.flag,
    "cloudwatch_logs_options": types.texts_by_name,
    "cloudwatch_logs_prefix": types.text,
    "network_configuration": types.mapping,
    "stream_output": types.flag,
    "task_start_timeout_seconds": types.seconds,
    "task_watch_poll_interval": types.seconds,
    "auto_deregister_task_definition": types.flag,
    "vpc_id": types.text,
    "container_name": types.text,
    "cluster": types.text,
    "match_latest_revision_in_family": types.flag,
    "execution_role_arn": types.text,
    "prefect_api_key_secret_arn": types.text,
    "prefect_api_auth_string_secret_arn": types.text,
}
_OVERRIDES: Final = "overrides"
_CONTAINERS: Final = "containerOverrides"
_OF_REQUEST: Final = {
    "taskDefinition": types.text,
    "launchType": types.launch_type,
    "capacityProviderStrategy": types.listed,
    "cluster": types.text,
    "tags": types.texts_by_name,
    "networkConfiguration": types.mapping,
    _OVERRIDES: types.mapping,
}
_OF_OVERRIDES: Final = {
    _CONTAINERS: types.listed,
    "cpu": types.text,
    "memory": types.text,
    "taskRoleArn": types.text,
    "executionRoleArn": types.text,
}
_OF_OVERRIDE: Final = {
    "name": types.text,
    "command": types.words,
    "environment": types.texts_by_name,
    "cpu": types.whole,
    "memory": types.whole,
}
_SECRETS: Final = {
    "prefect_api_key_secret_arn": "PREFECT_API_KEY",
    "prefect_api_auth_string_secret_arn": "PREFECT_API_AUTH_STRING",
}


def read(source: Source) -> SourceJobs:
    """Return the job that a work pool runs where a deployment sets no job variables.

    Raises:
        ConversionError: It is not a base job template, or not one for the ECS worker.
    """
    document = as_mapping(source.document)
    template = as_mapping(document.get(_POOLS_TEMPLATE)) or document
    written = template.get("job_configuration")
    if not isinstance(written, Mapping):
        raise ConversionError("this is not a base job template: it has no job_configuration")
    if _DEFINITION not in written and _REQUEST not in written:
        raise ConversionError(
            "this is the base job template of a work pool of another type than ECS",
            help="a template for ECS has `task_definition` and `task_run_request` in its job_configuration",
        )
    done = filled(template)
    # Templates of newer workers have 0 for what they do not read any more.
    given = {name: each for name, each in done.configuration.items() if not (each == 0 and name in FOLLOWING)}
    found = types.checked(given, _TYPES)
    request, request_notes = _request(as_mapping(found.values.get(_REQUEST)))
    role = _role(template, found.values)
    values = {**found.values, _REQUEST: request, "execution_role_arn": role}
    made = prepared(values)
    parts = (
        _passed(values),
        _secrets(values),
        credentials(done.configuration.get(_CREDENTIALS)),
        *keys_of_pool(values, made, default_image=_image(template)),
    )
    keys = {name: each for part in parts for name, each in part.keys.items()}
    notes = [*found.notes, *request_notes, *(note for part in parts for note in part.notes)]
    notes += (
        f"`job_configuration.{name}` is not a member that the ECS worker is known to read; it is left out"
        for name in given
        if name not in {*_TYPES, _CREDENTIALS}
    )
    if done.unset:
        names = ", ".join(f"`{{{{ {each} }}}}`" for each in sorted(done.unset))
        notes.append(f"what has no default is left out: {names}")
    suggestions = tuple(each for part in parts for each in part.suggestions)
    pool = as_text(document.get("name")) if template is not document else None
    name = as_text(values.get("name")) or pool or ""
    return SourceJobs((Job(name, keys=keys, suggestions=suggestions, notes=(*notes, FLOW_RUN_NOTE)),))


def _request(written: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a run request whose members that the worker reads have their types, and notes for others."""
    request, notes = _typed(written, _OF_REQUEST, f"{_REQUEST}.")
    overrides, more = _typed(as_mapping(request.get(_OVERRIDES)), _OF_OVERRIDES, f"{_REQUEST}.{_OVERRIDES}.")
    notes += more
    listed = []
    for index, each in enumerate(as_mappings(overrides.get(_CONTAINERS))):
        at = f"{_REQUEST}.{_OVERRIDES}.{_CONTAINERS}.{index}."
        override, more = _typed(each, _OF_OVERRIDE, at)
        listed.append(override)
        notes += more
    if listed:
        overrides[_CONTAINERS] = listed
    return {**request, _OVERRIDES: overrides}, notes


def _typed(
    part: Mapping[str, Any], known: Mapping[str, Callable[[Any], Any]], at: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    found = types.checked(part, known, at=at)
    others = {name: each for name, each in part.items() if name not in known and each is not None}
    return {**others, **found.values}, found.notes


def _role(template: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    """Return the execution role that a variable gives, whether or not the configuration repeats it."""
    properties = as_mapping(as_mapping(template.get("variables")).get("properties"))
    default = as_text(as_mapping(properties.get("execution_role_arn")).get("default"))
    return as_text(values.get("execution_role_arn")) or default


def _image(template: Mapping[str, Any]) -> str:
    """Return the image of the Prefect whose worker reads such a template; version 3 adds secrets to it."""
    configuration = as_mapping(template.get("job_configuration"))
    newer = "$defs" in as_mapping(template.get("variables")) or not configuration.keys().isdisjoint(_SECRETS)
    return "prefecthq/prefect:3-latest" if newer else DEFAULT_IMAGE


def _passed(values: Mapping[str, Any]) -> Part:
    """Return the settings of following a run."""
    keys = {name: values[name] for name, each in FOLLOWING.items() if values.get(name, each) != each}
    if values.get("auto_deregister_task_definition"):
        keys["auto_deregister_task_definition"] = True
    return Part(keys)


def _secrets(values: Mapping[str, Any]) -> Part:
    """Return the secrets that the worker adds to the container."""
    secrets = {name: values[member] for member, name in _SECRETS.items() if member in values}
    return Part({"secrets": secrets} if secrets else {})
