"""Where a draft's tasks run, by its launch type, strategy and compatibilities."""

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.views import containers_of, definition_of, run_of, strategy_of
from ecsplan.terms.fargate import FARGATE_PROVIDERS


def providers(draft: Draft) -> frozenset[str]:
    """Return the capacity providers of the run request's strategy."""
    return frozenset(name for each in strategy_of(draft) if (name := each.text("capacityProvider")))


def runs_on_fargate(draft: Draft) -> bool:
    """Return whether the run request asks for Fargate, by launch type or by strategy."""
    return run_of(draft).text("launchType") == "FARGATE" or bool(providers(draft) & FARGATE_PROVIDERS)


def runs_elsewhere(draft: Draft) -> bool:
    """Return whether the run request asks for EC2 or external instances by its launch type."""
    return run_of(draft).text("launchType") in {"EC2", "EXTERNAL"}


def is_for(draft: Draft, launch_type: str) -> bool:
    """Return whether the task definition must be valid for this launch type.

    ECS validates it against its `requiresCompatibilities` when it is registered, and against the launch
    type when it is run (botocore ecs model, RegisterTaskDefinition.requiresCompatibilities).
    """
    if launch_type in definition_of(draft).texts("requiresCompatibilities"):
        return True
    return (
        runs_on_fargate(draft)
        if launch_type == "FARGATE"
        else run_of(draft).text("launchType") == launch_type
    )


def containers_on_fargate(draft: Draft) -> tuple[View, ...]:
    """Return the containers of a task definition that must be valid for Fargate; () for another one."""
    return containers_of(draft) if is_for(draft, "FARGATE") else ()


def is_windows(draft: Draft) -> bool:
    """Return whether the containers are Windows containers."""
    family = definition_of(draft).mapping("runtimePlatform").text("operatingSystemFamily")
    return family is not None and family.startswith("WINDOWS")


def network_mode(draft: Draft) -> str:
    """Return the network mode; ECS's default is `bridge` (botocore ecs model, networkMode)."""
    return definition_of(draft).text("networkMode") or "bridge"


def is_known(draft: Draft) -> bool:
    """Return whether the whole definition is known, and where it is going to run."""
    # Where one of these is refused, or not known yet, a default is in its place that is not what was meant.
    meant = ("launch_type", "capacity_provider_strategy", "task_definition_arn", "service")
    refused = (f"/{key}" for key in meant)
    return draft.known and not any(draft.job.spoiled(each) for each in refused)
