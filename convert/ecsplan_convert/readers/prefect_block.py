"""Read Prefect's ECSTask block: its fields, a block document of Prefect's API, or arguments in Python."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan_convert.prefect import values as types
from ecsplan_convert.prefect.fields import DEFAULT_IMAGE, FLOW_RUN_NOTE, PARTS, credentials
from ecsplan_convert.prefect.worker import CONTAINER
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs

TABLE: Final[tuple[Row, ...]] = (
    Row("type", "", "says that the block is an ECSTask"),
    Row("_block_document_id, …", "", "identify the block in Prefect"),
    Row("aws_credentials.region_name", "aws.region"),
    Row("aws_credentials.profile_name", "aws.profile"),
    Row("aws_credentials.aws_client_parameters.endpoint_url", "aws.endpoint_url"),
    Row("aws_credentials", "", "keys are never copied: credentials come from the SDK's default chain"),
    Row("task_definition_arn", "task_definition_arn"),
    Row("task_definition", "task_definition", "beside `task_definition_arn`, ECSTask ignores it"),
    Row("family", "family", "as ECSTask registers it, in lower case; `prefect` where nothing gives one"),
    Row("image", "image", f"without one, `{DEFAULT_IMAGE}` stands for the image of the installed Prefect"),
    Row("auto_deregister_task_definition", "auto_deregister_task_definition", "false where it is left out"),
    Row("cpu", "cpu"),
    Row("memory", "memory"),
    Row("execution_role_arn", "execution_role_arn"),
    Row("task_role_arn", "task_role_arn"),
    Row("configure_cloudwatch_logs", "configure_cloudwatch_logs", "with ECSTask's log group, `prefect`"),
    Row("cloudwatch_logs_options", "cloudwatch_logs_options"),
    Row("stream_output", "stream_output"),
    Row("launch_type", "launch_type"),
    Row("vpc_id", "vpc_id", "only for network mode `awsvpc`: elsewhere nothing reads it"),
    Row("cluster", "cluster"),
    Row("env", "env", "without the `PREFECT_…` settings that Prefect adds"),
    Row("labels", "labels", "as the tags that ECSTask makes of them"),
    Row("name", "name", "and the stream prefix of the log"),
    Row("command", "command", "without one, a flow run adds `python -m prefect.engine`"),
    Row("task_customizations", "task_customizations", "a patch of `/taskDefinition` is left out"),
    Row("task_start_timeout_seconds", "task_start_timeout_seconds"),
    Row("task_watch_poll_interval", "task_watch_poll_interval"),
)

_TYPES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": types.text,
    "task_definition_arn": types.text,
    "task_definition": types.mapping,
    "family": types.text,
    "image": types.text,
    "command": types.words,
    "env": types.texts_by_name,
    "labels": types.texts_by_name,
    "cpu": types.whole,
    "memory": types.whole,
    "launch_type": types.launch_type,
    "cluster": types.text,
    "vpc_id": types.text,
    "execution_role_arn": types.text,
    "task_role_arn": types.text,
    "configure_cloudwatch_logs": types.flag,
    "cloudwatch_logs_options": types.texts_by_name,
    "stream_output": types.flag,
    "task_customizations": types.patch,
    "auto_deregister_task_definition": types.flag,
    "task_start_timeout_seconds": types.seconds,
    "task_watch_poll_interval": types.seconds,
}
_CREDENTIALS: Final = "aws_credentials"
_IDENTITY: Final = frozenset(
    {"type", "block_type_slug", "_block_type_slug", "_block_document_id", "_block_document_name"}
    | {"_block_schema_id", "_block_type_id", "_is_anonymous", "id", "created", "updated", "is_anonymous"}
    | {"block_schema", "block_schema_id", "block_type", "block_type_id", "block_type_name"}
)
"""What identifies a block, among its fields or beside them."""


def read(source: Source) -> SourceJobs:
    """Return the job of a block.

    Raises:
        ConversionError: The source is no block, or one of another type.
    """
    document = source.document
    if not isinstance(document, Mapping):
        raise ConversionError("this is not a Prefect block: it is not a mapping")
    slug = _slug(document)
    if slug is not None and slug != "ecs-task":
        raise ConversionError(
            f"this is a Prefect block of type {slug}", help="only a block of type ecs-task is a job on ECS"
        )
    data = document.get("data")
    fields = dict(data) if isinstance(data, Mapping) else dict(document)
    if _CREDENTIALS in as_mapping(document.get("block_document_references")):
        fields.setdefault(_CREDENTIALS, {"$ref": {}})
    job = job_of(fields)
    # The name of the block itself names the job, but not its log, so that `job_of` does not see it.
    names = job.name, as_text(document.get("name")), as_text(fields.get("_block_document_name"))
    return SourceJobs((replace(job, name=next((each for each in names if each), "")),))


def _slug(document: Mapping[str, Any]) -> str | None:
    """Return the type of a block, where it says one."""
    slugs = [document.get(each) for each in ("block_type_slug", "_block_type_slug", "type")]
    slugs.insert(0, as_mapping(document.get("block_type")).get("slug"))
    return next((each for each in slugs if isinstance(each, str)), None)


def job_of(arguments: Mapping[str, Any]) -> Job:
    """Return the job of an ECSTask.

    Args:
        arguments: Its fields, or the literal keyword arguments of `ECSTask(…)`, by name. Values of any type
            will do: one of a wrong type becomes a note.
    """
    found = types.checked(arguments, _TYPES)
    values = dict(found.values)
    if "launch_type" in arguments and arguments["launch_type"] is None:
        values["launch_type"] = None
    parts = [credentials(arguments.get(_CREDENTIALS)), *(part_of(values) for part_of in PARTS)]
    keys = {"container_name": CONTAINER}
    for part in parts:
        keys.update(part.keys)
    notes = [*found.notes, *(note for part in parts for note in part.notes)]
    notes += (
        f"`{name}` is not a field of ECSTask that is known; it is left out"
        for name in arguments
        if name not in {*_TYPES, *_IDENTITY, _CREDENTIALS}
    )
    suggestions = tuple(each for part in parts for each in part.suggestions)
    return Job(values.get("name", ""), keys=keys, suggestions=suggestions, notes=(*notes, FLOW_RUN_NOTE))
