"""Rules about the overrides of a run request, and about the size of both requests."""

import json
from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import are_all_named
from ecsplan.rules.views import containers_by_name, containers_of, listed, overrides_of, run_of
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.json_types import Json
from ecsplan.terms.run_policy import RunPolicy, array_environment

MAX_OVERRIDES = 8192
"""Characters of the overrides of one run request as JSON (botocore ecs model, RunTask.overrides)."""

MAX_DEFINITION = 64 * 1024
"""Bytes of a task definition as JSON (ECS service quotas, task definition size)."""

MAX_CONTAINERS = 10
"""Containers of a task definition (ECS service quotas, containers for each task definition)."""


def overrides_length(draft: Draft) -> Iterator[Diagnostic]:
    """The overrides of a run request have at most 8192 characters as JSON.

    The variables that each copy of an array gets count as well. Large ones are mostly `env` and the command.
    Refused: RunTask ("Container Overrides length must be at most 8192"; seen by users of RunTask).
    Source: botocore ecs model, RunTask.overrides.

    Example:
        image: alpine
        env:
          TEXT: &text >-
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        command: [echo, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text]
    """
    overrides = run_of(draft).mapping("overrides")
    array = draft.job.policy.array is not None
    length = json_length(overrides.members) + array_length(draft.job.policy)
    if length > MAX_OVERRIDES:
        yield error(
            "overrides-length",
            draft.in_run(_largest(overrides)),
            f"the overrides of this run request{', the variables of an array included,' if array else ''}"
            f" have {length} characters as JSON; ECS allows {MAX_OVERRIDES}",
            help="move large values to the image, the task definition, or an object in S3",
        )


def json_length(overrides: Json) -> int:
    """Return how many characters the overrides of a run request have as JSON."""
    return len(_json(overrides))


def array_length(policy: RunPolicy) -> int:
    """Return how many characters the variables of an array add to the overrides of a run request, at most."""
    if policy.array is None:
        return 0
    longest = array_environment(policy.array - 1, policy.array, policy.retry.attempts)
    # Without the brackets of their list; a comma stands before the first one.
    return len(_json(longest)) - 1


def override_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """A run request only overrides containers of its task definition.

    Refused: RunTask ("Override for container named worker is not a container in the TaskDefinition."; seen by
    users of RunTask).

    Example:
        image: alpine
        task_customizations: [{op: replace, path: /overrides/containerOverrides/0/name, value: worker}]
    """
    if not draft.known or not are_all_named(draft, "containerDefinitions"):
        return
    known = containers_by_name(draft)
    for each in overrides_of(draft):
        name = each.text("name")
        if name is not None and name not in known:
            yield error(
                "override-unknown",
                draft.in_run(each.at("name")),
                f"the run request overrides the container {name!r}, which the task definition does not have",
                help=listed("containers", known),
            )


def container_count(draft: Draft) -> Iterator[Diagnostic]:
    """A task definition has at most 10 containers.

    Refused: RegisterTaskDefinition ("Too many containers."; aws/amazon-ecs-cli#184).
    Source: ECS service quotas.

    Example:
        image: alpine
        container_name: main
        task_definition:
          containerDefinitions:
            - {name: main}
            - {name: b, image: alpine}
            - {name: c, image: alpine}
            - {name: d, image: alpine}
            - {name: e, image: alpine}
            - {name: f, image: alpine}
            - {name: g, image: alpine}
            - {name: h, image: alpine}
            - {name: i, image: alpine}
            - {name: j, image: alpine}
            - {name: k, image: alpine}
    """
    containers = containers_of(draft)
    if len(containers) > MAX_CONTAINERS:
        place = draft.in_definition(containers[MAX_CONTAINERS].pointer)
        message = f"this task definition has {len(containers)} containers; ECS allows {MAX_CONTAINERS}"
        yield error("container-count", place, message)


def definition_size(draft: Draft) -> Iterator[Diagnostic]:
    """A task definition has at most 64 KiB as JSON.

    Refused: RegisterTaskDefinition ("Actual length: '74049'. Max allowed length is '65536' bytes."; seen by
    users of the AWS CDK).
    Source: ECS service quotas.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - name: main
              dockerLabels:
                text: &text >-
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
              command:
                [*text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text,
                 *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text, *text]
    """
    # ECS counts bytes. An unpaired surrogate, which other rules report, must not raise here.
    size = len(_json(draft.definition).encode("utf-8", "surrogatepass"))
    if size <= MAX_DEFINITION:
        return
    largest = max(containers_of(draft), key=lambda each: len(_json(each.members)), default=View("", {}))
    yield error(
        "definition-size",
        draft.in_definition(largest.pointer),
        f"this task definition has {size:,} bytes as JSON; ECS allows {MAX_DEFINITION:,}",
        help="move large values to the image, or to an object in S3",
    )


def _largest(overrides: View) -> str:
    """Return the pointer of the largest member of a container override."""
    found = (0, overrides.pointer)
    for container in overrides.mappings("containerOverrides"):
        for name, value in container.members.items():
            found = max(found, (len(_json(value)), container.at(name)))
    return found[1]


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)
