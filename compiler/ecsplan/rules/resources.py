"""Rules about resources and limits of containers: accelerators, ulimits, swap, health checks."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import are_all_named, is_reported
from ecsplan.rules.views import containers_of, definition_of, items_of_containers, named
from ecsplan.terms.diagnostic import Diagnostic, error, warning

_HEALTH_CHECKS = frozenset({"CMD", "CMD-SHELL", "NONE"})
"""The first words of health checks: for a command, for a command of the shell, and for none."""


def resource_value(draft: Draft) -> Iterator[Diagnostic]:
    """A resource has a value, which is ALL for Neuron devices; a GPU may have a sharing strategy instead.

    Source: botocore ecs model, ResourceRequirement.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, resourceRequirements: [{type: GPU}]}
    """
    for requirement in _requirements(draft):
        kind = requirement.text("type")
        value, shared = requirement.has("value"), requirement.has("sharingStrategy")
        if (
            kind is None
            or is_reported(draft, requirement, "value")
            or is_reported(draft, requirement, "sharingStrategy")
        ):
            continue
        place = draft.in_definition(requirement.pointer)
        if kind == "GPU" and value == shared:
            message = "a GPU has a value and a sharingStrategy" if value else "a GPU has no value"
            yield warning("resource-value", place, message, help='write `value: "1"`, or a sharingStrategy')
        elif kind != "GPU" and not value:
            place = draft.in_definition(requirement.at("value"))
            yield warning("resource-value", place, f"{kind} requires a value")
        elif kind != "GPU" and shared:
            place = draft.in_definition(requirement.at("sharingStrategy"))
            yield warning("resource-value", place, "only a GPU can have a sharingStrategy", help="remove it")
        elif kind == "NeuronDevice" and requirement.text("value") != "ALL":
            place = draft.in_definition(requirement.at("value"))
            message = "a container can only use all Neuron devices"
            yield warning("resource-value", place, message, help="write ALL")


def gpu_sharing(draft: Draft) -> Iterator[Diagnostic]:
    """Either all containers of a task that require GPUs share them, or none does.

    Source: botocore ecs model, ResourceRequirement.sharingStrategy.

    Example:
        image: alpine
        container_name: main
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, resourceRequirements: [{type: GPU, value: "1"}]}
            - name: other
              image: alpine
              memory: 256
              resourceRequirements: [{type: GPU, sharingStrategy: {nvidiaMps: {memory: 1024}}}]
    """
    gpus = [each for each in _requirements(draft) if each.text("type") == "GPU"]
    whole = sum(each.has("value") for each in gpus)
    for each in gpus:
        if each.has("sharingStrategy") and whole > each.has("value"):
            place = draft.in_definition(each.at("sharingStrategy"))
            message = "this container shares its GPU, but another one of the task does not"
            yield warning("gpu-sharing", place, message, help="use the same option for all of them")


def neuron_device(draft: Draft) -> Iterator[Diagnostic]:
    """Only one container of a task uses the Neuron devices.

    Source: botocore ecs model, ResourceRequirement.value.

    Example:
        image: alpine
        container_name: main
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, resourceRequirements: [{type: NeuronDevice, value: ALL}]}
            - {name: b, image: alpine, memory: 256, resourceRequirements: [{type: NeuronDevice, value: ALL}]}
    """
    for each in [each for each in _requirements(draft) if each.text("type") == "NeuronDevice"][1:]:
        place = draft.in_definition(each.pointer)
        yield warning("neuron-device", place, "another container already uses the Neuron devices")


def inference_accelerator(draft: Draft) -> Iterator[Diagnostic]:
    """Elastic Inference accelerators are declared by the task and required by its containers by name.

    Refused: RegisterTaskDefinition ("Unsupported field 'inferenceAccelerators'."; of every accelerator, since
    Elastic Inference was retired; badmintoncryer/cdk-preflight pf-ecs-fargate-inference-accelerator, deployed
    on AWS).
    Source: botocore ecs model, InferenceAccelerator.deviceName and ResourceRequirement.value.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, resourceRequirements: [{type: InferenceAccelerator, value: device_1}]}
    """
    asked = [each for each in _requirements(draft) if each.text("type") == "InferenceAccelerator"]
    declared = definition_of(draft).mappings("inferenceAccelerators")
    names = {None, *(each.text("deviceName") for each in declared)}
    values = {None, *(each.text("value") for each in asked)}
    for each in asked if are_all_named(draft, "inferenceAccelerators", "deviceName") else ():
        if each.text("value") not in names:
            place = draft.in_definition(each.at("value"))
            message = f"the task has no inference accelerator {each.text('value')!r}"
            yield error("inference-accelerator", place, message, help="add it to `inferenceAccelerators`")
    for each in declared if _are_requirements_known(draft) else ():
        if each.text("deviceName") not in values:
            place = draft.in_definition(each.at("deviceName"))
            message = f"no container requires the inference accelerator {each.text('deviceName')!r}"
            yield error("inference-accelerator", place, message, help="add it to `resourceRequirements`")


def ulimit_order(draft: Draft) -> Iterator[Diagnostic]:
    """The soft limit of a resource does not exceed its hard limit; Docker does not start such a container.

    Refused: RegisterTaskDefinition ("Soft limit exceeds hard limit for ulimit nofile";
    badmintoncryer/cdk-preflight pf-ecs-ulimit-soft-over-hard, deployed on AWS).

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, ulimits: [{name: nofile, softLimit: 65536, hardLimit: 1024}]}
    """
    for limit in items_of_containers(draft, "ulimits"):
        soft, hard = limit.number("softLimit"), limit.number("hardLimit")
        # A negative hard limit means unlimited.
        if soft is not None and hard is not None and hard < soft and hard >= 0:
            yield error(
                "ulimit-order",
                draft.in_definition(limit.at("softLimit")),
                f"the soft limit of {limit.text('name')} exceeds the hard limit of {hard}",
                help="lower the soft limit",
            )


def swappiness_ignored(draft: Draft) -> Iterator[Diagnostic]:
    """`swappiness` has an effect only together with `maxSwap`.

    Source: botocore ecs model, LinuxParameters.swappiness.

    Example:
        image: alpine
        launch_type: EC2
        task_definition:
          containerDefinitions:
            - {name: main, linuxParameters: {swappiness: 10}}
    """
    for each in containers_of(draft):
        linux = each.mapping("linuxParameters")
        sets = linux.number("swappiness") is not None and linux.number("maxSwap") is None
        if sets and not is_reported(draft, linux, "maxSwap"):
            place = draft.in_definition(linux.at("swappiness"))
            message = "swappiness is ignored without maxSwap"
            yield warning("swappiness-ignored", place, message, help="add maxSwap, in MiB")


def health_check_command(draft: Draft) -> Iterator[Diagnostic]:
    """A health check is `CMD` with a command and its arguments, or `CMD-SHELL` with one string for the shell.

    Accepted: ECS registers and runs a command without either (aws/aws-cdk#34389,
    aws-observability/aws-otel-community#1320, and AWS's own examples of its collector).
    Source: botocore ecs model, HealthCheck.command.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, healthCheck: {command: [CMD-SHELL, curl, "-f", "http://localhost/"]}}
    """
    for each in containers_of(draft):
        check = each.mapping("healthCheck")
        words = check.texts("command")
        if words in {("CMD",), ("CMD-SHELL",)}:
            message, help_text = f"{words[0]} has no command", ""
        elif words[:1] == ("CMD-SHELL",) and len(words) > len(("CMD-SHELL", "one text")):
            message = (
                f"the shell of {named(each)} runs only the first string; the others become $0, $1 and so on"
            )
            help_text = "write the command as one string after CMD-SHELL, or use CMD"
        elif words and words[0] not in _HEALTH_CHECKS:
            message = f"the health check of {named(each)} begins with neither CMD nor CMD-SHELL"
            help_text = "begin it with CMD, or with CMD-SHELL to run a shell, as documented"
        else:
            continue
        place = draft.in_definition(check.at("command"))
        yield warning("health-check-command", place, message, help=help_text)


def _are_requirements_known(draft: Draft) -> bool:
    if not draft.known or not are_all_named(draft, "containerDefinitions", "resourceRequirements"):
        return False
    items = items_of_containers(draft, "resourceRequirements")
    return not any(is_reported(draft, item, name) for item in items for name in ("type", "value"))


def _requirements(draft: Draft) -> Iterator[View]:
    return items_of_containers(draft, "resourceRequirements")
