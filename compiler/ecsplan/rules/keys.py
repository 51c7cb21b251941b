"""Rules about the keys of a manifest: which go together, and which values cannot be meant."""

from collections.abc import Iterator

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.draft.draft import Draft
from ecsplan.draft.task_definition import family_source
from ecsplan.job.from_service import service_name
from ecsplan.rules.already_reported import is_key_reported
from ecsplan.rules.logs import logging_through
from ecsplan.rules.views import definition_of
from ecsplan.schema.nearest import nearest
from ecsplan.schema.regions import may_be_region, nearest_region
from ecsplan.terms.diagnostic import Diagnostic, Location, error, warning
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import mappings
from ecsplan.terms.placeholders import placeholders_in
from ecsplan.terms.pointers import child
from ecsplan.terms.short_texts import shortened

MAX_SHOWN = 80
"""Characters of a family that a message shows."""


def definition_and_arn(draft: Draft) -> Iterator[Diagnostic]:
    """A job has its own `task_definition` or links one, not both.

    Refused: by ecsplan, because there would be two definitions to start from.

    Example:
        image: alpine
        task_definition: {networkMode: awsvpc}
        task_definition_arn: hello:3
    """
    if draft.job.says("task_definition_arn") and draft.job.says("task_definition"):
        yield error(
            "definition-and-arn",
            draft.at("/task_definition", key=True),
            "task_definition and task_definition_arn are both set",
            help="remove one of them; task_definition_customizations can change a linked definition",
        )


def service_and_definition(draft: Draft) -> Iterator[Diagnostic]:
    """A job that runs like a `service` runs its task definition, and names no other.

    Refused: by ecsplan, because there would be two definitions to start from.

    Example:
        service: web
        task_definition_arn: hello:3
    """
    for key in ("task_definition", "task_definition_arn"):
        if draft.job.says("service") and draft.job.says(key):
            yield error(
                "service-and-definition",
                draft.at(f"/{key}", key=True),
                f"service and {key} are both set",
                help="remove one of them; task_definition_customizations can change a service's definition",
            )


def service_elsewhere(draft: Draft) -> Iterator[Diagnostic]:
    """A `service` given by its ARN is in the cluster, region and account that the job runs in.

    Refused: by ecsplan, because a task beside the service would run somewhere else.

    Example:
        service: arn:aws:ecs:us-east-1:111122223333:service/shop/web
        cluster: batch
    """
    job = draft.job
    there = service_name(job.service or "")
    cluster = None if job.cluster is None else job.cluster.rpartition("/")[2]
    for what, named, here in (
        ("cluster", there.cluster, cluster),
        ("region", there.region, job.aws.region),
        ("account", there.account, job.aws.account_id),
    ):
        if named is not None and here is not None and named != here:
            yield error(
                "service-elsewhere",
                draft.at("/service"),
                f"the service is in the {what} {named}, but the job runs in {here}",
                help=f"remove one of them, or use the same {what} for both",
            )


def output_only_member(draft: Draft) -> Iterator[Diagnostic]:
    """Members that only DescribeTaskDefinition returns are ignored in a task definition, and reported once.

    Source: botocore ecs model, TaskDefinition.

    Example:
        image: alpine
        task_definition: {revision: 7}
    """
    # From what is written, since `draft.definition` is already without these members. One warning for all of
    # them: whoever pasted a response has pasted all of it.
    written = draft.job.written.data.get("task_definition") if draft.job.task_definition else None
    members = [name for name in written or () if name in OUTPUT_ONLY]
    if members:
        one = len(members) == 1
        yield warning(
            "output-only-member",
            draft.at(child("/task_definition", members[0]), key=True),
            f"ECS returns {_joined(members)} but does not accept {'it' if one else 'them'}: ignored",
            help=f"remove {'it' if one else 'them'}, or leave the response as you pasted it",
        )


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def family_empty(draft: Draft) -> Iterator[Diagnostic]:
    """A family contains at least one letter or digit.

    Refused: RegisterTaskDefinition ("Family contains invalid characters."; aws/amazon-ecs-cli#37).
    Source: botocore ecs model, RegisterTaskDefinition.family.

    Example:
        name: "***"
        image: alpine
    """
    key, name = family_source(draft.job, draft.base)
    if definition_of(draft).text("family") == "" and not is_key_reported(draft, key):
        yield error(
            "family-empty",
            _family_place(draft, key),
            f"{name!r} has no letter or digit that a family can contain (A-Z, a-z, 0-9, - and _)",
            help="add a `family`",
        )


def family_slug(draft: Draft) -> Iterator[Diagnostic]:
    """A family has at most 255 of the characters A-Z, a-z, 0-9, `-` and `_`; other names are converted.

    Source: botocore ecs model, RegisterTaskDefinition.family.

    Example:
        name: nightly report
        image: alpine
    """
    key, name = family_source(draft.job, draft.base)
    family = str(draft.unpatched_definition.get("family"))
    # Nobody wrote the name of a combination, and nothing but a matrix could be named otherwise.
    if key == "name" and draft.job.own_family and family_name(draft.job.plain_name) == draft.job.plain_name:
        return
    # Nothing was converted, or a patch has replaced the result: then the name has no effect.
    if family in {"", name} or definition_of(draft).text("family") != family or is_key_reported(draft, key):
        return
    shown = shortened(name, MAX_SHOWN)
    fit = shortened(family, MAX_SHOWN)
    yield warning(
        "family-slug",
        _family_place(draft, key),
        f"{shown!r} is not a family that ECS accepts; the family used is {fit!r}",
        help=f"write `family: {fit}`" if fit == family else "add a shorter `family`",
    )


def container_name_similar(draft: Draft) -> Iterator[Diagnostic]:
    """`container_name` names a container of the task definition, or adds one; so does a mistyped name.

    Example:
        image: alpine
        container_name: worker
        task_definition:
          containerDefinitions:
            - {name: workers, image: alpine}
    """
    name = draft.job.container_name
    names = [str(each["name"]) for each in mappings(draft.base, "containerDefinitions") if each.get("name")]
    if name is None or name in names:
        return
    # A name that resembles none is taken as meant: a job may add its container to a definition of sidecars.
    near = nearest(name, names)
    if near is not None:
        yield warning(
            "container-name-similar",
            draft.at("/container_name"),
            f"the task definition has no container {name!r}, so one is added",
            help=f"did you mean {near}?",
        )


def region_differs(draft: Draft) -> Iterator[Diagnostic]:
    """Resources that a job names by ARN are in the region and account that the job runs in.

    Example:
        task_definition_arn: arn:aws:ecs:us-east-1:111122223333:task-definition/hello:3
        aws: {region: eu-west-1}
    """
    aws = draft.job.aws
    for key in ("cluster", "task_definition_arn"):
        parts = str(draft.job.spec.get(key, "")).split(":")
        # A name without a region and an account, such as `family:3`, cannot differ from the job's.
        if parts[0] != "arn" or len(parts) < len(["arn", "aws", "ecs", "region", "account", "resource"]):
            continue
        for what, there, here in (("region", parts[3], aws.region), ("account", parts[4], aws.account_id)):
            if here is not None and there != here:
                yield warning(
                    "region-differs",
                    draft.at(f"/{key}"),
                    f"the {key} is in the {what} {there}, but the job runs in {here}",
                    help=f"use the same {what} for both",
                )


def region_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A region is known, or its name has AWS's form: an area, a direction and a number, as in eu-west-1.

    The known region with the most similar name is suggested. A name in that form may be a region newer than
    ecsplan, and is not reported. Nor is a region that is still open, or any region of a job that has an
    `endpoint_url`, which may not be AWS.

    Source: botocore, endpoints.json.

    Example:
        image: alpine
        aws: {region: us-esat-1}
    """
    for name, place in _regions(draft):
        # Of `${…}` that nothing expands, `unexpanded-variable` says more.
        if name and not (may_be_region(name) or placeholders_in(name) or "${" in name):
            near = nearest_region(name)
            yield warning(
                "region-unknown",
                place,
                f"AWS has no region {shortened(name, MAX_SHOWN)!r}",
                help=f"did you mean {near}?" if near else "write a region such as us-east-1",
            )


def _regions(draft: Draft) -> Iterator[tuple[str, Location]]:
    """Yield the region that a job runs in, and others that it logs to; none where the endpoint is given."""
    if draft.job.aws.endpoint_url is not None:
        return
    own = draft.job.aws.region
    if own is not None:
        yield own, draft.at("/aws/region")
    for _, logging in logging_through(draft, "awslogs"):
        options = logging.mapping("options")
        region = options.text("awslogs-region")
        # A log option is only reported as a slip: a driver may be pointed at something that is not AWS.
        if region is not None and region != own and nearest_region(region):
            yield region, draft.in_definition(options.at("awslogs-region"))


def _family_place(draft: Draft, key: str) -> Location:
    if key == "task_definition":
        return draft.at("/task_definition/family")
    return draft.at(f"/{key}") if key == "name" or draft.job.says(key) else draft.at("")
