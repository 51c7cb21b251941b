"""Rules about FireLens: containers that log through a log router in their task."""

from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.rules.already_reported import are_all_named, is_reported
from ecsplan.rules.capacity import containers_on_fargate
from ecsplan.rules.logs import logging_through
from ecsplan.rules.views import containers_of, named
from ecsplan.terms.diagnostic import Diagnostic, error, warning


def firelens_missing(draft: Draft) -> Iterator[Diagnostic]:
    """If a container logs through awsfirelens, another container is the log router.

    Refused: RegisterTaskDefinition ("When awsfirelens log driver is specified in log configuration, a
    firelens configuration object must be configured in one of the containers."; badmintoncryer/cdk-preflight
    pf-ecs-awsfirelens-without-router, deployed on AWS).
    Source: ECS developer guide, sending logs through FireLens.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: awsfirelens}}
    """
    # A container may be the router although its configuration was refused, and is missing here.
    routed = any(each.has("firelensConfiguration") for each in containers_of(draft))
    reported = not are_all_named(draft, "containerDefinitions", "firelensConfiguration")
    for each, logging in logging_through(draft, "awsfirelens"):
        if draft.known and not routed and not reported:
            yield error(
                "firelens-missing",
                draft.in_definition(logging.at("logDriver")),
                f"{named(each)} logs through awsfirelens, but no container has a firelensConfiguration",
                help="add a log router: a container with `firelensConfiguration: {type: fluentbit}`",
            )


def firelens_unused(draft: Draft) -> Iterator[Diagnostic]:
    """A log router is used by containers that log through awsfirelens.

    Source: ECS developer guide, sending logs through FireLens.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main}
            - {name: router, image: fluent-bit, firelensConfiguration: {type: fluentbit}}
    """
    used = any(True for _ in logging_through(draft, "awsfirelens"))
    loggings = [each.mapping("logConfiguration") for each in containers_of(draft)]
    reported = any(
        each.text("logDriver") is None and is_reported(draft, each, "logDriver") for each in loggings
    )
    for each in containers_of(draft):
        if draft.known and each.has("firelensConfiguration") and not used and not reported:
            yield warning(
                "firelens-unused",
                draft.in_definition(each.at("firelensConfiguration"), key=True),
                f"{named(each)} is a log router, but no container logs through awsfirelens",
                help="add `logConfiguration: {logDriver: awsfirelens}` to the others",
            )


def firelens_user(draft: Draft) -> Iterator[Diagnostic]:
    """A log router runs as user 0.

    Refused: RegisterTaskDefinition ("If 'user' field is specified on firelens container, then 'UID' has to be
    '0'."; hashicorp/terraform-provider-aws#41394).

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: awsfirelens}}
            - {name: router, image: fluent-bit, user: "1000", firelensConfiguration: {type: fluentbit}}
    """
    for each in containers_of(draft):
        user = each.text("user")
        # `user` may be followed by a group, as in `0:0`.
        if each.has("firelensConfiguration") and user and user.partition(":")[0] not in {"0", "root"}:
            yield error(
                "firelens-user",
                draft.in_definition(each.at("user")),
                f"{named(each)} is a log router, but runs as user {user!r}",
                help='remove it, or use "0"',
            )


def fargate_firelens_file(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, a log router reads its configuration from a file in its image.

    Refused: RegisterTaskDefinition ("Fargate launch type does not support FirelensConfiguration config file
    from 's3'"; seen by users of OpenTofu).
    Source: botocore ecs model, FirelensConfiguration.options.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: awsfirelens}}
            - name: router
              image: fluent-bit
              firelensConfiguration:
                type: fluentbit
                options: {config-file-type: s3, config-file-value: "arn:aws:s3:::logs/fluent.conf"}
    """
    for each in containers_on_fargate(draft):
        options = each.mapping("firelensConfiguration").mapping("options")
        if options.text("config-file-type") == "s3":
            yield error(
                "fargate-firelens-file",
                draft.in_definition(options.at("config-file-type")),
                "on Fargate, the configuration of a log router cannot come from S3",
                help="put it in the image, and use `config-file-type: file`",
            )
