"""Rules about containers and their names: each has an image, at least one is essential, names are unique."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import are_all_named, is_key_reported, is_reported
from ecsplan.rules.views import containers_of, named, names_of, repeated, volumes_of
from ecsplan.terms.diagnostic import Diagnostic, error, warning
from ecsplan.terms.image_names import image_name
from ecsplan.terms.placeholders import placeholders_in


def image_missing(draft: Draft) -> Iterator[Diagnostic]:
    """Every container has an image.

    Refused: RegisterTaskDefinition ("Container.image should not be null or empty."; aws/aws-cli#5924).
    Source: ECS developer guide, task definition parameters (image is required).

    Example:
        command: [echo, hello]
    """
    if not draft.known:
        return
    reported = _is_own_reported(draft)
    # Which of these gets `image` is not decided, so none of them can be said to lack one.
    ambiguous = draft.candidates if len(draft.candidates) > 1 and draft.job.image is not None else ()
    for each in containers_of(draft):
        if each.text("name") in ambiguous:
            continue
        own = each.text("name") == draft.container
        refused = is_reported(draft, each, "image") or (
            not each.has("name") and is_reported(draft, each, "name")
        )
        if each.has("image") or refused or (own and reported):
            continue
        place = draft.in_definition(each.at("image"))
        # Such a container stands nowhere in the manifest; an operation that removed its image does.
        implied = own and not draft.job.task_definition and not draft.is_patched(each.at("image"))
        yield error(
            "image-missing",
            draft.at("") if implied else place,
            f"{named(each)} has no image",
            help="write `image: public.ecr.aws/docker/library/alpine:3`, or the image that it should run",
        )


def image_reference(draft: Draft) -> Iterator[Diagnostic]:
    """The image of a container has a valid name: REGISTRY/REPOSITORY:TAG.

    ECS registers any letters, digits and `- _ : . / # @`; the task then fails to start ("invalid reference
    format"). A tag from a shell variable that is not set leaves such a name behind.
    Source: distribution reference grammar (distribution/reference, package documentation).

    Example:
        image: "alpine:"
    """
    for each in containers_of(draft):
        # The schema's advice is about what follows an @.
        image = (each.text("image") or "").partition("@")[0]
        if not image or placeholders_in(image) or image_name(image) is not None:
            continue
        place = draft.in_definition(each.at("image"))
        if draft.job.linked is None or place.pointer != f"/{draft.job.link_key}":
            yield warning(
                "image-reference",
                place,
                f"{image!r} is not a valid image name: {_wrong_in(image)}",
                help=f"write REGISTRY/REPOSITORY:TAG{_unset(image)}",
            )


def _wrong_in(image: str) -> str:
    """Return what is wrong with the name of an image, in words."""
    last = image.rpartition("/")[2]
    if image.endswith(":"):
        return "nothing follows the colon"
    if last.count(":") > 1:
        return "it has more than one tag"
    if last.partition(":")[0] != last.partition(":")[0].lower():
        return "a repository is in lower case"
    return "it is not made of a registry, a repository and a tag"


def _unset(image: str) -> str:
    return "; is the variable with the tag empty?" if image.endswith(":") else ""


def _is_own_reported(draft: Draft) -> bool:
    """Return whether the key that gives the job's container its image, or a container's name, was refused."""
    if any(is_key_reported(draft, key) for key in ("image", "task_definition_arn", "service")):
        return True
    written = View("", draft.job.task_definition).mappings("containerDefinitions")
    return draft.container not in names_of(written) and not all(each.has("name") for each in written)


def job_container_ambiguous(draft: Draft) -> Iterator[Diagnostic]:
    """Only one container can be the job's container, or `container_name` names it.

    Log routers are excluded, and as long as an essential container remains, so are those that are not
    essential. Position does not count, since ECS returns the containers of a definition in an order of its
    own.
    Refused: by ecsplan, because it would have to guess.
    Source: hashicorp/terraform-provider-aws#36029 and kayac/ecspresso#599, for the order.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: web, image: web}
            - {name: worker, image: worker}
    """
    if len(draft.candidates) < 2 or _are_candidates_reported(draft):
        return
    names = ", ".join(draft.candidates)
    linked = draft.job.linked
    yield error(
        "job-container-ambiguous",
        draft.at("/task_definition/containerDefinitions" if linked is None else f"/{draft.job.link_key}"),
        f"{linked or 'the task definition'} has several containers that can be the job's: {names}",
        help=f"name the one whose exit code is the job's: `container_name: {draft.candidates[0]}`",
    )


def _are_candidates_reported(draft: Draft) -> bool:
    """Return whether a value was refused that determines which containers are candidates."""
    if not draft.job.refused or draft.job.linked is not None:
        return False
    # A member that was refused is missing from the draft, which then took its default.
    members = ("name", "essential", "firelensConfiguration")
    return is_key_reported(draft, "container_name") or any(
        is_reported(draft, each, member)
        for each in containers_of(draft)
        for member in members
        if not each.has(member)
    )


def container_name_missing(draft: Draft) -> Iterator[Diagnostic]:
    """Every container has a name.

    Refused: RegisterTaskDefinition ("Container.name contains invalid characters."; ansible/ansible#22860; an
    empty name has none that is valid).
    Source: ECS developer guide, task definition parameters (name is required).

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main}
            - {image: envoy, essential: false}
    """
    for each in containers_of(draft):
        if not each.has("name") and not is_reported(draft, each, "name"):
            place = draft.in_definition(each.at("name"))
            yield error(
                "container-name-missing", place, "this container has no name", help="give it a `name`"
            )


def duplicate_container(draft: Draft) -> Iterator[Diagnostic]:
    """No two containers of a task have the same name.

    Refused: RegisterTaskDefinition ("Container names must be unique within a Task Definition.";
    Shippable/support#2946).
    Source: ECS developer guide, task definition parameters (name).

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main}
            - {name: main, image: envoy}
    """
    for each in repeated(containers_of(draft)):
        yield error(
            "duplicate-container",
            draft.in_definition(each.at("name")),
            f"two containers are named {each.text('name')!r}",
            help="give each container a unique name",
        )


def no_essential_container(draft: Draft) -> Iterator[Diagnostic]:
    """At least one container is essential, which is the default of a container.

    Refused: RegisterTaskDefinition ("Task definition doesn't have any essential container";
    badmintoncryer/cdk-preflight pf-ecs-essential-container, deployed on AWS).
    Source: botocore ecs model, ContainerDefinition.essential.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, essential: false}
    """
    containers = containers_of(draft)
    if draft.known and containers and all(each.members.get("essential") is False for each in containers):
        yield error(
            "no-essential-container",
            draft.in_definition(containers[0].at("essential")),
            "no container is essential; a task needs at least one",
            help="remove `essential: false` from the container whose exit should end the task",
        )


def job_container_not_essential(draft: Draft) -> Iterator[Diagnostic]:
    """The job's container is essential, so that the task ends when it exits.

    Source: botocore ecs model, ContainerDefinition.essential.

    Example:
        image: alpine
        container_name: main
        task_definition:
          containerDefinitions:
            - {name: main, essential: false}
            - {name: proxy, image: envoy}
    """
    # If no container is essential, `no_essential_container` reports that; and where a name was refused, the
    # job's container may be another one than the draft has chosen.
    containers = containers_of(draft)
    optional = [each for each in containers if each.members.get("essential") is False]
    is_meant = draft.job.container_name is not None or are_all_named(draft, "containerDefinitions")
    for each in optional if len(optional) < len(containers) and is_meant else ():
        if each.text("name") == draft.container:
            yield warning(
                "job-container-not-essential",
                draft.in_definition(each.at("essential")),
                f"the job's {named(each)} is not essential: the task keeps running after it exits",
                help="make it essential, or name another container in `container_name`",
            )


def duplicate_volume(draft: Draft) -> Iterator[Diagnostic]:
    """No two volumes of a task have the same name, by which containers mount them.

    Source: botocore ecs model, Volume.name.

    Example:
        image: alpine
        task_definition:
          volumes:
            - {name: data}
            - {name: data}
    """
    for each in repeated(volumes_of(draft)):
        yield warning(
            "duplicate-volume",
            draft.in_definition(each.at("name")),
            f"two volumes are named {each.text('name')!r}",
            help="give each volume a unique name",
        )
