"""Rules about logs: log drivers, their options, and whether the output can be streamed."""

from collections.abc import Iterator

from ecsplan.draft.attribution import logs_key
from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_key_reported, is_reported
from ecsplan.rules.capacity import is_for
from ecsplan.rules.views import containers_of, named, names_of, own_container_of
from ecsplan.schema.nearest import nearest
from ecsplan.terms.diagnostic import Diagnostic, error, warning
from ecsplan.terms.secrecy import looks_secret

AWSLOGS_OPTIONS = (
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-group",
    "awslogs-multiline-pattern",
    "awslogs-region",
    "awslogs-stream-prefix",
    "max-buffer-size",
    "mode",
)
"""The documented options of the awslogs driver (botocore ecs model, LogConfiguration.options)."""

MODES = ("blocking", "non-blocking")
"""Values of the option `mode` (botocore ecs model, LogConfiguration.options)."""


def log_driver_conflict(draft: Draft) -> Iterator[Diagnostic]:
    """CloudWatch logs are set up only for a container that has no other log driver.

    Refused: by ecsplan, because it would have to replace the existing log driver.

    Example:
        image: alpine
        execution_role_arn: logs
        configure_cloudwatch_logs: true
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: awsfirelens}}
            - {name: router, image: fluent-bit, firelensConfiguration: {type: fluentbit}}
    """
    driver = _own_logging(draft).text("logDriver")
    if draft.job.configure_logs and driver not in {None, "awslogs"}:
        key = logs_key(draft.job)
        yield error(
            "log-driver-conflict",
            draft.at(f"/{key}"),
            f"the container {draft.container!r} logs through {driver}, so {key} cannot set up awslogs",
            help=f"remove {key}, or the container's logConfiguration",
        )


def log_options_unused(draft: Draft) -> Iterator[Diagnostic]:
    """`cloudwatch_logs_options` is only for logs that ecsplan sets up.

    Refused: by ecsplan, because the options would have no effect.

    Example:
        image: alpine
        cloudwatch_logs_options: {awslogs-group: jobs}
    """
    refused = is_key_reported(draft, "configure_cloudwatch_logs") or is_key_reported(draft, "stream_output")
    if draft.job.log_options and not draft.job.configure_logs and not refused:
        yield error(
            "log-options-unused",
            draft.at("/cloudwatch_logs_options", key=True),
            "cloudwatch_logs_options has no effect without configure_cloudwatch_logs",
            help="add `configure_cloudwatch_logs: true`",
        )


def stream_output_impossible(draft: Draft) -> Iterator[Diagnostic]:
    """Output can be streamed from CloudWatch logs if the name of the log stream is known in advance.

    Source: botocore ecs model, LogConfiguration.options (awslogs-stream-prefix).

    Example:
        image: alpine
        stream_output: true
        configure_cloudwatch_logs: false
    """
    # Logs that ecsplan sets up always have a prefix.
    if not draft.job.stream_output or not draft.known or draft.job.configure_logs:
        return
    logging = _own_logging(draft)
    driver, options = logging.text("logDriver"), logging.mapping("options")
    if driver is None:
        why = "has no log configuration"
    elif driver != "awslogs":
        why = f"logs through {driver}, not through awslogs"
    elif not options.has("awslogs-group") or not options.has("awslogs-stream-prefix"):
        why = "has no awslogs-stream-prefix, so the name of its log stream is unknown"
    else:
        return
    yield warning(
        "stream-output-impossible",
        draft.at("/stream_output"),
        f"the output cannot be streamed: the container {draft.container!r} {why}",
        help="use `configure_cloudwatch_logs: true`, or remove stream_output",
    )


def awslogs_options(draft: Draft) -> Iterator[Diagnostic]:
    """The awslogs driver has the options for its log group and region, and on Fargate a stream prefix.

    Refused: RegisterTaskDefinition ("Log driver awslogs requires options: awslogs-group";
    badmintoncryer/cdk-preflight pf-ecs-awslogs-missing-group, deployed on AWS; on Fargate "Fargate requires
    log configuration options to include awslogs-stream-prefix", badmintoncryer/cdk-preflight
    pf-ecs-awslogs-fargate-missing-stream-prefix, deployed on AWS).
    Source: botocore ecs model, LogConfiguration.options.

    Example:
        image: alpine
        execution_role_arn: logs
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: awslogs, options: {awslogs-group: jobs}}}
    """
    wanted = ["awslogs-group", "awslogs-region"]
    if is_for(draft, "FARGATE"):
        wanted.append("awslogs-stream-prefix")
    for each, logging in logging_through(draft, "awslogs"):
        options = logging.mapping("options")
        missing = [name for name in wanted if not options.has(name)]
        # The best place is an option that is present but empty, then the options, then the configuration.
        empty = [name for name in missing if name in options.members]
        if missing and not any(is_reported(draft, options, name) for name in missing):
            yield error(
                "awslogs-options",
                draft.in_definition(
                    options.at((empty or missing)[0]) if options.members else options.pointer
                ),
                f"{named(each)} logs through awslogs without {', '.join(missing)}",
                help="add them to its options, or use `configure_cloudwatch_logs: true`",
            )


def awslogs_multiline(draft: Draft) -> Iterator[Diagnostic]:
    """A date format or a pattern marks the first line of a log event, not both.

    Source: botocore ecs model, LogConfiguration.options.

    Example:
        image: alpine
        execution_role_arn: logs
        configure_cloudwatch_logs: true
        cloudwatch_logs_options: {awslogs-datetime-format: "%Y", awslogs-multiline-pattern: "^INFO"}
    """
    for _, logging in logging_through(draft, "awslogs"):
        options = logging.mapping("options")
        if options.has("awslogs-datetime-format") and options.has("awslogs-multiline-pattern"):
            yield warning(
                "awslogs-multiline",
                draft.in_definition(options.at("awslogs-multiline-pattern")),
                "awslogs-multiline-pattern and awslogs-datetime-format are both set",
                help="remove one of them",
            )


def awslogs_option_unknown(draft: Draft) -> Iterator[Diagnostic]:
    """Options of the awslogs driver are documented ones.

    Source: botocore ecs model, LogConfiguration.options.

    Example:
        image: alpine
        execution_role_arn: logs
        configure_cloudwatch_logs: true
        cloudwatch_logs_options: {awslogs-stream-perfix: nightly}
    """
    for _, logging in logging_through(draft, "awslogs"):
        options = logging.mapping("options")
        for name in options.members:
            if name not in AWSLOGS_OPTIONS:
                near = nearest(name, AWSLOGS_OPTIONS)
                yield warning(
                    "awslogs-option-unknown",
                    draft.in_definition(options.at(name), key=True),
                    f"awslogs has no documented option {name!r}",
                    help=f"did you mean {near}?" if near else "",
                )


def log_mode(draft: Draft) -> Iterator[Diagnostic]:
    """The mode of a log driver is `blocking` or `non-blocking`.

    Source: botocore ecs model, LogConfiguration.options.

    Example:
        image: alpine
        execution_role_arn: logs
        configure_cloudwatch_logs: true
        cloudwatch_logs_options: {mode: nonblocking}
    """
    for each in containers_of(draft):
        options = each.mapping("logConfiguration").mapping("options")
        mode = options.text("mode")
        if mode is not None and mode not in MODES:
            place = draft.in_definition(options.at("mode"))
            yield warning("log-mode", place, f"{mode!r} is not a log mode", help=f"use {' or '.join(MODES)}")


def splunk_options(draft: Draft) -> Iterator[Diagnostic]:
    """The splunk driver has a token and a URL.

    Source: botocore ecs model, LogConfiguration.options.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, logConfiguration: {logDriver: splunk, options: {splunk-url: "https://splunk"}}}
    """
    for each, logging in logging_through(draft, "splunk"):
        # Either may be an option or a secret option; the token usually is the latter.
        given = names_of(logging.mappings("secretOptions")) | logging.mapping("options").members.keys()
        missing = [name for name in ("splunk-token", "splunk-url") if name not in given]
        if (
            missing
            and not is_reported(draft, logging, "options")
            and not is_reported(draft, logging, "secretOptions")
        ):
            places = [logging.mapping("options").at(name) for name in missing]
            yield warning(
                "splunk-options",
                draft.in_definition(next(filter(draft.is_patched, places), logging.pointer)),
                f"{named(each)} logs through splunk without {', '.join(missing)}",
                help="add the URL to its options, and the token to its secretOptions",
            )


def log_option_secret(draft: Draft) -> Iterator[Diagnostic]:
    """Credentials of a log driver belong in a secret, not in plain text in a task definition.

    Source: botocore ecs model, LogConfiguration.secretOptions.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - name: main
              logConfiguration:
                logDriver: splunk
                options: {splunk-url: "https://splunk", splunk-token: 3e2c6d5e-27b4-4f3a-9c7e-1f0d2b9a8c44}
    """
    if draft.job.linked is not None:
        return
    for each in containers_of(draft):
        options = each.mapping("logConfiguration").mapping("options")
        for name in options.members:
            value = options.text(name)
            if value is not None and looks_secret(name, value):
                yield warning(
                    "log-option-secret",
                    draft.in_definition(options.at(name)),
                    f"the log option {name} looks like a credential, and options are plain text",
                    help="store it in Secrets Manager, and name the secret in `secretOptions`",
                )


def log_retention_both(draft: Draft) -> Iterator[Diagnostic]:
    """A job has `log_retention_days` or `log_retention`, not both.

    Refused: by ecsplan, because both say how long the log is kept.

    Example:
        image: alpine
        execution_role_arn: logs
        configure_cloudwatch_logs: true
        log_retention_days: 30
        log_retention: {days: 30, always: true}
    """
    if draft.job.says("log_retention_days") and draft.job.says("log_retention"):
        yield error(
            "log-retention-both",
            draft.at("/log_retention_days", key=True),
            "log_retention_days and log_retention are both set",
            help="remove log_retention_days",
        )


def log_retention_unused(draft: Draft) -> Iterator[Diagnostic]:
    """How long a log is kept can be set for a job that logs to CloudWatch, through the driver awslogs.

    Example:
        image: alpine
        log_retention_days: 30
    """
    refused = is_key_reported(draft, "configure_cloudwatch_logs") or is_key_reported(draft, "stream_output")
    if draft.job.policy.log_retention is None or not draft.known or refused:
        return
    driver = _own_logging(draft).text("logDriver")
    if driver != "awslogs":
        key = "log_retention" if draft.job.says("log_retention") else "log_retention_days"
        why = "has no log configuration" if driver is None else f"logs through {driver}"
        yield warning(
            "log-retention-unused",
            draft.at(f"/{key}", key=True),
            f"{key} has no effect: the container {draft.container!r} {why}",
            help="use `configure_cloudwatch_logs: true`, or remove it",
        )


def _own_logging(draft: Draft) -> View:
    return own_container_of(draft).mapping("logConfiguration")


def logging_through(draft: Draft, driver: str) -> Iterator[tuple[View, View]]:
    """Yield each container that logs through this driver, with its log configuration."""
    for each in containers_of(draft):
        logging = each.mapping("logConfiguration")
        if logging.text("logDriver") == driver:
            yield each, logging
