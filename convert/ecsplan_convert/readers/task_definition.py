"""Read task definitions: RegisterTaskDefinition documents, described ones, responses, and lists of these.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.job.spec import DEFAULT_CONTAINER
from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.json_types import Document, Record
from ecsplan_convert.aws.conformed import conformed, refuse_deep, without_output
from ecsplan_convert.aws.filled_in import filled_in
from ecsplan_convert.aws.intrinsic_functions import is_function
from ecsplan_convert.aws.member_case import camel_case
from ecsplan_convert.aws.template_text import Template, read_template
from ecsplan_convert.aws.templated import placeholder_in
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs, Suggestion

TABLE: Final = (
    Row("family", "family", "also the name of the job"),
    Row("containerDefinitions", "task_definition", "embedded"),
    Row("volumes", "task_definition", "embedded"),
    Row("networkMode", "task_definition", "embedded"),
    Row("cpu", "task_definition", "embedded; a number becomes a text"),
    Row("memory", "task_definition", "embedded; a number becomes a text"),
    Row("executionRoleArn", "task_definition", "embedded"),
    Row("taskRoleArn", "task_definition", "embedded"),
    Row("requiresCompatibilities", "task_definition", "embedded"),
    Row("tags", "task_definition", "embedded, also those that stand beside `taskDefinition` in a response"),
    Row("all other members", "task_definition", "embedded"),
    Row("tags that begin with aws:", "", "AWS sets them, and refuses them in a request"),
    Row("taskDefinitionArn, revision, status", "", "ECS sets them"),
    Row("requiresAttributes, compatibilities", "", "ECS sets them"),
    Row("registeredAt, registeredBy, deregisteredAt", "", "ECS sets them"),
    Row("members that are null", "", "nothing is set; a console or a tool exports them so"),
)


_WITHOUT_BRACES: Final = ("family", "cpu", "memory", "executionRoleArn", "taskRoleArn", "networkMode")
"""Members in which ECS accepts no `{`."""


def read(source: Source) -> SourceJobs:
    """Return a job for each task definition of the source.

    Raises:
        ConversionError: The source holds no task definition with containers.
    """
    # A text that is no document is a template with values that stand without quotes.
    is_template = source.document is None and bool(source.text)
    template = read_template(source.text, source.name) if is_template else Template(source.document)
    refuse_deep(template.data)
    items = _items(template.data)
    jobs: list[Job] = []
    notes: list[str] = [*template.notes]
    for index, each in enumerate(items, 1):
        if (job := definition_in(each)) is not None:
            jobs.append(job)
        else:
            notes.append(f"item {index} is left out: it is not a task definition with containers")
    if not jobs:
        raise ConversionError(
            "there is no task definition with containers in it",
            help="write at least one container with a name and an image under containerDefinitions",
        )
    return SourceJobs(tuple(jobs), notes=tuple(notes))


def defined(definition: Document, tags: object = (), *, is_template: bool = False) -> Job:
    """Return the job of one task definition.

    Args:
        definition: As it is registered, or as it was described.
        tags: Its tags where they stand beside it, as in a response.
        is_template: Whether `{{ … }}` in it is a placeholder, though it may be what was described once.
    """
    notes = [*_inactive(definition)]
    suggestions: tuple[Suggestion, ...] = ()
    left_out: tuple[str, ...] = ()
    body: Record = without_output(definition)
    if tags:
        body["tags"] = [dict(each) for each in as_mappings(tags)]
    if is_template or OUTPUT_ONLY.isdisjoint(definition) or _has_placeholders(definition):
        body, suggestions, left_out = filled_in(body)
        notes += left_out
    body = without_aws_tags(body, "the task definition", notes)
    body, refused = conformed(body, "task-definition")
    notes += refused
    body = _named(body, notes)
    name = as_text(body.get("family")) or ""
    is_partial = bool(left_out or refused) or _lacks_image(body)
    return Job(name=name, definition=body, suggestions=suggestions, notes=tuple(notes), is_partial=is_partial)


def _lacks_image(definition: Document) -> bool:
    return any(not each.get("image") for each in as_mappings(definition.get("containerDefinitions")))


def _has_placeholders(definition: Document) -> bool:
    """Return whether a placeholder stands where ECS accepts none: what was described was edited then."""
    images = [each.get("image") for each in as_mappings(definition.get("containerDefinitions"))]
    members = (*images, *(definition.get(each) for each in _WITHOUT_BRACES))
    return any(isinstance(each, str) and placeholder_in(each) is not None for each in members)


def without_aws_tags(body: Document, of: str, notes: list[str]) -> Record:
    """Return a request without the tags that AWS sets, and with no empty list of tags; adds a note for them.

    Source: Amazon ECS API reference, Tag: the prefix `aws:` is reserved.
    """
    tags = body.get("tags")
    if not isinstance(tags, list):
        return dict(body)
    kept = [each for each in tags if not _is_of_aws(each)]
    if len(kept) < len(tags):
        notes.append(f"the tags of {of} that begin with aws: are left out: AWS sets them itself")
    others = {name: value for name, value in body.items() if name != "tags"}
    return {**others, "tags": kept} if kept else others


def _is_of_aws(tag: object) -> bool:
    return str(as_mapping(tag).get("key", "")).lower().startswith("aws:")


def _items(document: Any) -> list[Any]:
    """Return what may be task definitions: the items of a list, or a list of containers as one definition."""
    if not isinstance(document, list):
        return [document]
    is_of_containers = bool(document) and all({"name", "image"} <= {*as_mapping(each)} for each in document)
    return [{"containerDefinitions": document}] if is_of_containers else document


def definition_in(document: object, *, is_template: bool = False) -> Job | None:
    """Return the job of the task definition that a document is or has in it; None where it has none."""
    notes: list[str] = []
    if isinstance(document, Mapping) and isinstance(document.get("ContainerDefinitions"), list):
        document = _of_cloudformation(document, notes)
    inner = _definition(document)
    if not inner:
        return None
    tags = () if inner is document else as_mapping(document).get("tags")
    job = defined(inner, tags, is_template=is_template)
    return replace(job, notes=(*notes, *job.notes), is_partial=job.is_partial or bool(notes))


def _of_cloudformation(properties: Document, notes: list[str]) -> Document:
    """Return the properties of an `AWS::ECS::TaskDefinition` with the names of RegisterTaskDefinition.

    An intrinsic function, such as `Ref`, is a value that only CloudFormation knows: it is left out.
    """
    body = as_mapping(camel_case(_without_functions(properties, "", notes)))
    proxy = as_mapping(body.get("proxyConfiguration"))
    if "proxyConfigurationProperties" not in proxy:
        return body
    rest = {name: each for name, each in proxy.items() if name != "proxyConfigurationProperties"}
    return {**body, "proxyConfiguration": {**rest, "properties": proxy["proxyConfigurationProperties"]}}


def _without_functions(value: Any, at: str, notes: list[str]) -> Any:
    """Return a value of a template with null in place of each function; adds a note for it."""
    if isinstance(value, Mapping):
        if len(value) == 1 and any(map(is_function, value)):
            notes.append(f"{at} is left out: only CloudFormation knows its value")
            return None
        below = {
            name: _without_functions(each, f"{at}.{name}".strip("."), notes) for name, each in value.items()
        }
        # What is left of a pair of a name and a value would say something else.
        unknown = {"Value", "ValueFrom"} & {name for name, each in below.items() if each is None}
        return None if unknown and "Name" in value else below
    if isinstance(value, list):
        items = [_without_functions(each, f"{at}[{index}]", notes) for index, each in enumerate(value)]
        if any(new is None and not _is_named(old) for new, old in zip(items, value, strict=True)):
            return None
        return [each for each in items if each is not None]
    return value


def _is_named(item: object) -> bool:
    return isinstance(item, Mapping) and "Name" in item


def _definition(value: Any) -> Document:
    """Return the task definition that a document is or has in it; {} where it has none with containers."""
    inner = as_mapping(as_mapping(value).get("taskDefinition")) or as_mapping(value)
    return inner if as_mappings(inner.get("containerDefinitions")) else {}


def _inactive(definition: Document) -> tuple[str, ...]:
    status = as_text(definition.get("status"))
    if status in {None, "ACTIVE"}:
        return ()
    return (f"this revision is {status}: what the manifest registers is a new one of the same family",)


def _named(body: Record, notes: list[str]) -> Record:
    """Return a definition in which every container has a name; a placeholder in its place leaves none."""
    containers = body.get("containerDefinitions")
    if not isinstance(containers, list):
        return body
    named = [
        each if not isinstance(each, Mapping) or as_text(each.get("name")) else _with_name(each, index, notes)
        for index, each in enumerate(containers)
    ]
    return {**body, "containerDefinitions": named}


def _with_name(container: Document, index: int, notes: list[str]) -> Document:
    name = DEFAULT_CONTAINER if index == 0 else f"container-{index + 1}"
    notes.append(f"containerDefinitions[{index}] has no name; the manifest calls the container {name}")
    return {**container, "name": name}
