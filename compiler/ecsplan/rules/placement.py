"""Rules about where a run request places tasks: strategies, placement, platform versions, storage."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.rules.already_reported import is_reported_in_run
from ecsplan.rules.capacity import is_for, is_windows, providers, runs_elsewhere, runs_on_fargate
from ecsplan.rules.views import definition_of, run_of, strategy_of
from ecsplan.terms.diagnostic import Diagnostic, error, error_if_refused, warning
from ecsplan.terms.fargate import FARGATE_PROVIDERS

MAX_CONSTRAINTS = 10
"""Constraints of a task and its definition together (botocore ecs model, RunTask.placementConstraints)."""


def launch_type_with_strategy(draft: Draft) -> Iterator[Diagnostic]:
    """A run request has a launch type or a capacity provider strategy, not both.

    Refused: RunTask, as CreateService ("Specifying both a launch type and capacity provider strategy is not
    supported. Remove one and try again."; badmintoncryer/cdk-preflight
    pf-ecs-service-launch-type-capacity-provider, deployed on AWS).
    Source: botocore ecs model, RunTask.launchType.

    Example:
        image: alpine
        launch_type: FARGATE
        capacity_provider_strategy: [{capacityProvider: FARGATE_SPOT, weight: 1}]
    """
    # From the manifest first: where it has both, only the strategy is in the run request.
    both = run_of(draft).has("launchType") and run_of(draft).has("capacityProviderStrategy")
    if draft.job.launch_type is not None and draft.job.strategy:
        place = draft.at("/launch_type")
    elif both:
        place = draft.in_run("/capacityProviderStrategy")
    else:
        return
    message = "a run request has a launch type or a capacity provider strategy, not both"
    yield error("launch-type-with-strategy", place, message, help="remove one of them")


def strategy_base(draft: Draft) -> Iterator[Diagnostic]:
    """At most one provider of a strategy has a base.

    Refused: RunTask, as CreateService does (badmintoncryer/cdk-preflight
    pf-ecs-svc-capacity-provider-multiple-base, deployed on AWS).
    Source: botocore ecs model, CapacityProviderStrategyItem.base.

    Example:
        image: alpine
        capacity_provider_strategy:
          - {capacityProvider: FARGATE, weight: 1, base: 1}
          - {capacityProvider: FARGATE_SPOT, weight: 3, base: 1}
    """
    for each in [each for each in strategy_of(draft) if each.number("base")][1:]:
        message = "a second provider has a base; only one can have one"
        yield error("strategy-base", draft.in_run(each.at("base")), message, help="remove one of them")


def strategy_weights(draft: Draft) -> Iterator[Diagnostic]:
    """At least one of several providers in a strategy has a weight above the default of 0.

    Refused: RunTask, as CreateService ("There are no capacity providers in the capacity provider strategy
    with a weight value greater than zero."; badmintoncryer/cdk-preflight
    pf-ecs-svc-capacity-provider-zero-weight, deployed on AWS).
    Source: botocore ecs model, CapacityProviderStrategyItem.weight.

    Example:
        image: alpine
        capacity_provider_strategy: [{capacityProvider: FARGATE}, {capacityProvider: FARGATE_SPOT}]
    """
    items = strategy_of(draft)
    if (
        len(items) > 1
        and not any(each.number("weight") for each in items)
        and not _is_strategy_reported(draft)
    ):
        yield error(
            "strategy-weights",
            draft.in_run("/capacityProviderStrategy"),
            "no provider of this strategy has a weight above 0, so no task can be placed",
            help="add `weight: 1` to one of them",
        )


def strategy_weight_zero(draft: Draft) -> Iterator[Diagnostic]:
    """The only provider of a strategy has a weight above 0: with the default of 0, it gets only its base.

    Source: botocore ecs model, CapacityProviderStrategyItem.weight.

    Example:
        image: alpine
        capacity_provider_strategy: [{capacityProvider: FARGATE}]
    """
    items = strategy_of(draft)
    if len(items) == 1 and not items[0].number("weight") and not _is_strategy_reported(draft):
        yield warning(
            "strategy-weight-zero",
            draft.in_run(items[0].pointer),
            "a provider with weight 0, the default, gets no tasks beyond its base",
            help="add `weight: 1`",
        )


def _is_strategy_reported(draft: Draft) -> bool:
    """Return whether a value in the strategy was refused, which may be the one that the strategy lacks."""
    return draft.job.spoiled("/capacity_provider_strategy")


def strategy_mixed(draft: Draft) -> Iterator[Diagnostic]:
    """A strategy names providers of Fargate or of instances, not both.

    Refused: RunTask, as PutClusterCapacityProviders ("A capacity provider strategy cannot contain a mix of
    capacity providers using Auto Scaling groups and Fargate providers.";
    terraform-aws-modules/terraform-aws-ecs#68).
    Source: ECS developer guide, capacity provider strategies.

    Example:
        image: alpine
        capacity_provider_strategy:
          - {capacityProvider: FARGATE, weight: 1}
          - {capacityProvider: my-instances, weight: 1}
    """
    named = providers(draft)
    # Any provider that is not one of Fargate's two is of an Auto Scaling group or of managed instances.
    if named & FARGATE_PROVIDERS and named - FARGATE_PROVIDERS:
        yield error(
            "strategy-mixed",
            draft.in_run("/capacityProviderStrategy"),
            f"this strategy mixes Fargate with {', '.join(sorted(named - FARGATE_PROVIDERS))}",
            help="name providers of one kind",
        )


def placement_count(draft: Draft) -> Iterator[Diagnostic]:
    """A task has at most 10 placement constraints, those of its definition included.

    Source: botocore ecs model, RunTask.placementConstraints.

    Example:
        image: alpine
        launch_type: EC2
        placement_constraints:
          - {type: memberOf, expression: "attribute:a exists"}
          - {type: memberOf, expression: "attribute:b exists"}
          - {type: memberOf, expression: "attribute:c exists"}
          - {type: memberOf, expression: "attribute:d exists"}
          - {type: memberOf, expression: "attribute:e exists"}
          - {type: memberOf, expression: "attribute:f exists"}
        task_definition:
          placementConstraints:
            - {type: memberOf, expression: "attribute:g exists"}
            - {type: memberOf, expression: "attribute:h exists"}
            - {type: memberOf, expression: "attribute:i exists"}
            - {type: memberOf, expression: "attribute:j exists"}
            - {type: memberOf, expression: "attribute:k exists"}
    """
    # More than ten in one document alone are the advice on that document.
    in_run = len(run_of(draft).mappings("placementConstraints"))
    in_definition = len(definition_of(draft).mappings("placementConstraints"))
    if in_run and in_definition and in_run + in_definition > MAX_CONSTRAINTS:
        yield warning(
            "placement-count",
            draft.in_run("/placementConstraints"),
            f"{in_run} constraints and {in_definition} in the task definition; ECS allows {MAX_CONSTRAINTS}",
        )


def placement_expression(draft: Draft) -> Iterator[Diagnostic]:
    """A constraint of the type distinctInstance has no expression; one of the type memberOf has one.

    Refused: RunTask, as CreateService does (badmintoncryer/cdk-preflight
    pf-ecs-svc-placement-constraint-distinct-instance-expression, deployed on AWS). A memberOf constraint
    without an expression is a warning.
    Source: botocore ecs model, PlacementConstraint.expression.

    Example:
        image: alpine
        launch_type: EC2
        placement_constraints: [{type: distinctInstance, expression: "attribute:a exists"}]
    """
    for each in run_of(draft).mappings("placementConstraints"):
        kind = each.text("type")
        if kind == "distinctInstance" and each.has("expression"):
            place = draft.in_run(each.at("expression"))
            yield error(
                "placement-expression",
                place,
                "distinctInstance does not support an expression",
                help="remove it",
            )
        elif kind == "memberOf" and not (
            each.has("expression") or is_reported_in_run(draft, each, "expression")
        ):
            place = draft.in_run(each.at("expression"))
            yield warning("placement-expression", place, "memberOf requires an expression")


def placement_field(draft: Draft) -> Iterator[Diagnostic]:
    """The placement strategy binpack has the field `cpu` or `memory`.

    Refused: RunTask, as CreateService ("binpack field 'disk' is invalid"; badmintoncryer/cdk-preflight
    pf-ecs-svc-binpack-field, deployed on AWS).
    Source: botocore ecs model, PlacementStrategy.field.

    Example:
        image: alpine
        launch_type: EC2
        placement_strategy: [{type: binpack, field: disk}]
    """
    for each in run_of(draft).mappings("placementStrategy"):
        field = each.text("field")
        # The AWS CDK writes CPU and MEMORY in upper case.
        if each.text("type") == "binpack" and field is not None and field.lower() not in {"cpu", "memory"}:
            place = draft.in_run(each.at("field"))
            yield error(
                "placement-field",
                place,
                f"binpack does not support the field {field!r}",
                help="use cpu or memory",
            )


def fargate_placement(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, placement constraints and strategies are not supported: there are no instances to choose.

    Refused: RegisterTaskDefinition ("Fargate compatible task definitions do not support constraints";
    badmintoncryer/cdk-preflight pf-ecs-fargate-placement-constraints, deployed on AWS) and RunTask
    ("Placement constraints are not supported with FARGATE launch type."; CreateService,
    badmintoncryer/cdk-preflight pf-ecs-service-fargate-placement, deployed on AWS).
    Source: botocore ecs model, PlacementConstraint and TaskDefinitionPlacementConstraint; ECS developer
    guide, task placement.

    Example:
        image: alpine
        placement_constraints: [{type: distinctInstance}]
    """
    if is_for(draft, "FARGATE") and definition_of(draft).has("placementConstraints"):
        yield error(
            "fargate-placement",
            draft.in_definition("/placementConstraints"),
            "Fargate does not support placementConstraints",
            help="remove it, or run on instances with `launch_type: EC2`",
        )
    for member in ("placementConstraints", "placementStrategy"):
        if runs_on_fargate(draft) and run_of(draft).has(member):
            yield error(
                "fargate-placement",
                draft.in_run(f"/{member}"),
                f"Fargate does not support {member}",
                help="remove it, or run on instances with `launch_type: EC2`",
            )


def fargate_spot_windows(draft: Draft) -> Iterator[Diagnostic]:
    """Fargate Spot runs only Linux tasks.

    Source: botocore ecs model, CapacityProviderStrategyItem.

    Example:
        image: mcr.microsoft.com/windows/nanoserver:ltsc2022
        launch_type: FARGATE_SPOT
        runtime_platform: {operatingSystemFamily: WINDOWS_SERVER_2022_CORE}
    """
    if is_windows(draft) and "FARGATE_SPOT" in providers(draft):
        yield warning(
            "fargate-spot-windows",
            draft.in_run("/capacityProviderStrategy"),
            "FARGATE_SPOT does not run Windows tasks",
            help="use FARGATE",
        )


def platform_version_without_fargate(draft: Draft) -> Iterator[Diagnostic]:
    """Only Fargate has platform versions.

    Refused: RunTask ("The platform version must be null when specifying an EC2 launch type.";
    aws/amazon-ecs-cli#1047). Elsewhere it is a warning.
    Source: botocore ecs model, RunTask.platformVersion.

    Example:
        image: alpine
        launch_type: EC2
        platform_version: "1.4.0"
    """
    if run_of(draft).has("platformVersion") and _is_elsewhere(draft):
        yield error_if_refused(
            "platform-version-without-fargate",
            draft.in_run("/platformVersion"),
            "only Fargate supports a platform version",
            refused=run_of(draft).text("launchType") == "EC2",
            help="remove it, or use `launch_type: FARGATE`",
        )


def ephemeral_storage_without_fargate(draft: Draft) -> Iterator[Diagnostic]:
    """Only on Fargate can the size of a task's ephemeral storage be set.

    Refused: RegisterTaskDefinition ("Tasks using the EC2 launch type do not support EphemeralStorage.";
    badmintoncryer/cdk-preflight pf-ecs-fargate-ephemeral-storage-ec2, deployed on AWS). In the overrides of a
    run request it is a warning.
    Source: botocore ecs model, RegisterTaskDefinition.ephemeralStorage.

    Example:
        image: alpine
        launch_type: EC2
        ephemeral_storage_gib: 50
    """
    if not _is_elsewhere(draft):
        return
    message = "only Fargate supports a size of ephemeral storage"
    hint = "remove it, or use `launch_type: FARGATE`"
    if definition_of(draft).has("ephemeralStorage") and not is_for(draft, "FARGATE"):
        place = draft.in_definition("/ephemeralStorage")
        yield error("ephemeral-storage-without-fargate", place, message, help=hint)
    if run_of(draft).mapping("overrides").has("ephemeralStorage"):
        place = draft.in_run("/overrides/ephemeralStorage")
        yield warning("ephemeral-storage-without-fargate", place, message, help=hint)


def _is_elsewhere(draft: Draft) -> bool:
    """Return whether the tasks certainly do not run on Fargate: on instances, or on other providers."""
    # Without a launch type and a strategy, the cluster's default decides, which may be Fargate.
    return runs_elsewhere(draft) or (bool(providers(draft)) and not runs_on_fargate(draft))
