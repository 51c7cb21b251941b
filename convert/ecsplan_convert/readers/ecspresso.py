"""Read ecspresso configurations, with the definition files that they name.

https://github.com/kayac/ecspresso#configuration-file. A job runs the task definition as `ecspresso run` does:
with the cluster of the configuration, and with network and capacity of the service definition.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan_convert.aws.template_text import read_template
from ecsplan_convert.aws.templated import without_placeholders
from ecsplan_convert.readers.run_task import filled, run_request
from ecsplan_convert.readers.task_definition import definition_in
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs, Suggestion

TABLE: Final = (
    Row("task_definition", "task_definition", "the file is embedded"),
    Row("cluster", "cluster"),
    Row("region", "aws.region"),
    Row(
        "service",
        "",
        "names the job where the definition has no family; a job is not a service: see `service:`",
    ),
    Row("service_definition: networkConfiguration", "network_configuration"),
    Row("service_definition: launchType", "launch_type"),
    Row("service_definition: capacityProviderStrategy", "capacity_provider_strategy"),
    Row("service_definition: platformVersion", "platform_version"),
    Row("service_definition: placementConstraints", "placement_constraints"),
    Row("service_definition: placementStrategy", "placement_strategy"),
    Row("service_definition: enableECSManagedTags", "enable_ecs_managed_tags"),
    Row(
        "service_definition: enableExecuteCommand",
        "enable_execute_command",
        "a comment where the definition has no task role, without which ECS refuses it",
    ),
    Row("service_definition, all other members", "", "they concern the service alone"),
    Row('{{ env "X" "value" }}', "", "its default value takes its place"),
    Row(
        '{{ must_env "X" }} and other functions',
        "",
        "what has one is left out: write the value, or a variable below `variables:`",
    ),
    Row(
        "{{ ssm … }}, {{ cfn_output … }}, {{ cfn_export … }}",
        "",
        "left out: `${ssm:…}`, `${cfn:…}` look it up",
    ),
    Row("plugins", "", "a manifest has its own lookups"),
    Row("timeout", "", "how long a deployment may take; `task_timeout_seconds` limits a job"),
    Row("appspec, codedeploy", "", "they concern deployments of the service"),
    Row("required_version, filter_command, ignore, all other members", "", "they concern ecspresso itself"),
    Row("files in Jsonnet", "", "refused: render them first"),
)

_WHY_NOT: Final[Mapping[str, str]] = {
    "timeout": "it limits a deployment; task_timeout_seconds limits a job",
    "plugins": "a manifest looks up ${ssm:…}, ${cfn:…} and ${cfn-export:…} without plugins",
    "appspec": "it concerns deployments of the service",
    "codedeploy": "it concerns deployments of the service",
}
_SERVICE: Final = (
    "service is left out: the job runs the definition by itself; with `service:` a manifest runs like the"
    " service that is deployed, without these files"
)
_READ: Final = frozenset({"region", "cluster", "service", "service_definition", "task_definition"})
_OF_RUN: Final = (
    *("networkConfiguration", "launchType", "capacityProviderStrategy", "platformVersion"),
    *("placementConstraints", "placementStrategy", "enableECSManagedTags", "enableExecuteCommand"),
)
"""Members of a service definition with which `ecspresso run` runs a task."""
_JSONNET: Final = (".jsonnet", ".libsonnet")
_EXEC: Final = "enableExecuteCommand"


def read(source: Source) -> SourceJobs:
    """Return the job that runs the task definition of a configuration.

    Raises:
        ConversionError: The configuration names no task definition, a file is missing or cannot be read.
    """
    _refuse_jsonnet(source.name, "config")
    template = read_template(source.text, source.name) if source.text else None
    given = as_mapping(source.document if template is None else template.data)
    config, left_out = without_placeholders(given)
    notes = [*(() if template is None else template.notes), *left_out, *_left_out(config)]
    job = _defined(source, given, config)
    request, of_service, suggestions = _run(source, given, config, job)
    region = as_text(config.get("region"))
    keys: dict[str, Json] = {} if region is None else {"aws": {"region": region}}
    whole = replace(
        job,
        name=job.name or as_text(config.get("service")) or "",
        request=request,
        keys=keys,
        suggestions=(*job.suggestions, *suggestions),
        notes=(*notes, *job.notes, *of_service),
    )
    return SourceJobs((whole,))


def _left_out(config: Document) -> list[str]:
    others = (name for name, each in config.items() if name not in _READ and filled(each))
    named = [_SERVICE] if as_text(config.get("service")) else []
    return [
        *named,
        *(f"{name} is left out: {_WHY_NOT.get(name, 'it concerns ecspresso itself')}" for name in others),
    ]


def _defined(source: Source, given: Document, config: Document) -> Job:
    document, notes = _file(source, given, config, "task_definition")
    job = definition_in(document, is_template=True)
    if job is None:
        raise ConversionError(
            f"{config['task_definition']}: there is no task definition with containers in it",
            help="it has to be a RegisterTaskDefinition document",
        )
    return replace(job, notes=(*notes, *job.notes))


def _file(source: Source, given: Document, config: Document, member: str) -> tuple[Document, tuple[str, ...]]:
    """Return the document in the file that a member names, and the notes for its defaults.

    Raises:
        ConversionError: No file is named, or it cannot be read.
    """
    name = as_text(config.get(member))
    if name is None:
        what = "its file by a placeholder" if as_text(given.get(member)) else "no file"
        raise ConversionError(
            f"{member} names {what}",
            help="write the name of the definition file there, or convert that file: `ecsplan init FILE`",
        )
    _refuse_jsonnet(name, "taskdef" if member == "task_definition" else "servicedef")
    try:
        text = source.read(name)
    except OSError as reason:
        why = reason.strerror or type(reason).__name__
        raise ConversionError(
            f"{member} names {name}, which cannot be read: {why}",
            help="such a name is relative to the configuration",
        ) from reason
    try:
        template = read_template(text, name)
    except ConversionError as reason:
        # The line is one of that file, not of the configuration.
        at = "" if reason.line is None else f", at line {reason.line}"
        raise ConversionError(f"{reason}{at}", help=reason.help) from reason
    return as_mapping(template.data), template.notes


def _refuse_jsonnet(name: str, what: str) -> None:
    if name.endswith(_JSONNET):
        raise ConversionError(
            f"{name} is Jsonnet, which only ecspresso renders",
            help=f"run `ecspresso render {what} > {what}.json` first, then `ecsplan init` on what it wrote",
        )


def _run(
    source: Source, given: Document, config: Document, job: Job
) -> tuple[Record, tuple[str, ...], tuple[Suggestion, ...]]:
    """Return the run request, with notes and suggestions for what of the service is not in it."""
    service: Document = {}
    notes: tuple[str, ...] = ()
    if filled(given.get("service_definition")):
        document, notes = _file(source, given, config, "service_definition")
        service = as_mapping(document.get("service")) or document
    asked: dict[str, Any] = {name: service[name] for name in _OF_RUN if name in service}
    request, left_out = run_request({"cluster": config.get("cluster"), **asked})
    suggestions = _suggested(request, job)
    if suggestions:
        request = {name: each for name, each in request.items() if name != _EXEC}
    others = sorted(name for name, each in service.items() if name not in _OF_RUN and filled(each))
    of_service = (
        f"the service definition's {', '.join(others)} are left out: they concern the service alone",
    )
    return request, (*notes, *left_out, *(of_service if others else ())), suggestions


def _suggested(request: Document, job: Job) -> tuple[Suggestion, ...]:
    role = as_text(as_mapping(job.definition).get("taskRoleArn"))
    if request.get(_EXEC) is not True or role is not None:
        return ()
    reason = "enable_execute_command is left out: it needs a task role, which the definition does not name"
    return (Suggestion({"enable_execute_command": True}, reason),)
