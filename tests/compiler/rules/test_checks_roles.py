"""Rules about roles and logs: what needs a role, log drivers and their options, log routers, streaming."""

import pytest
from rule_rows import EC2, FARGATE, REMOVED, ROLE, found, spoiled

NO_ROLE = {"execution_role_arn": REMOVED, "secrets": REMOVED, "configure_cloudwatch_logs": REMOVED}
"""What takes the execution role out, and all that needs it."""

LOGS = "cache/logConfiguration"
OPTIONS = {"awslogs-group": "jobs", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "etl"}
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1"
ENV_FILE = {"type": "s3", "value": "arn:aws:s3:::settings/prod.env"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(NO_ROLE, [], id="nothing needs a role"),
        pytest.param(
            {**NO_ROLE, "secrets": {"A": "/a"}}, [("secrets-execution-role", "secrets")], id="secrets"
        ),
        pytest.param(
            {**NO_ROLE, "secrets": {"A": "/a"}, "execution_role": ROLE},
            [("unknown-key", "execution_role")],
            id="a role with a slip",
        ),
        pytest.param(
            {**NO_ROLE, "cache/secrets": [{"name": "A", "valueFrom": "a"}]},
            [("secrets-execution-role", "cache/secrets")],
            id="secrets of the sidecar",
        ),
        pytest.param(
            {**NO_ROLE, "cache/secrets": [{"name": "A", "valueFrom": "a"}], "td/executionRoleArn": ROLE},
            [],
            id="role in the task definition",
        ),
        pytest.param(
            {**NO_ROLE, "secrets": {"A": "/a"}, "execution_role_arn": "a b"},
            [("wrong-format", "execution_role_arn")],
            id="a role that is refused is there",
        ),
        pytest.param(
            {
                **NO_ROLE,
                LOGS: {
                    "logDriver": "splunk",
                    "options": {"splunk-url": "https://splunk"},
                    "secretOptions": [{"name": "splunk-token", "valueFrom": "a"}],
                },
            },
            [("secrets-execution-role?", f"{LOGS}/secretOptions")],
            id="secrets of a log driver",
        ),
        pytest.param(
            {**NO_ROLE, "configure_cloudwatch_logs": True},
            [("logs-execution-role", "configure_cloudwatch_logs")],
            id="logs",
        ),
        pytest.param(
            {**NO_ROLE, "stream_output": True},
            [("logs-execution-role", "stream_output")],
            id="logs to stream",
        ),
        pytest.param(
            {**NO_ROLE, LOGS: {"logDriver": "awslogs", "options": OPTIONS}},
            [("logs-execution-role", f"{LOGS}/logDriver")],
            id="logs of the sidecar",
        ),
        pytest.param(
            {**NO_ROLE, "cache/repositoryCredentials": {"credentialsParameter": "a"}},
            [("registry-execution-role", "cache/repositoryCredentials")],
            id="credentials of a registry",
        ),
        pytest.param({**NO_ROLE, "image": ECR}, [("ecr-execution-role", "image")], id="image in ECR"),
        pytest.param({**NO_ROLE, "image": "public.ecr.aws/a/b:1"}, [], id="image in the public ECR"),
        pytest.param(
            {**NO_ROLE, "cache/environmentFiles": [ENV_FILE]},
            [("files-execution-role?", "cache/environmentFiles")],
            id="file of variables",
        ),
        pytest.param({"enable_execute_command": True}, [], id="command with a task role"),
        pytest.param(
            {"enable_execute_command": True, "task_role_arn": REMOVED},
            [("execute-command-task-role", "enable_execute_command")],
            id="command without a task role",
        ),
        pytest.param({"enable_execute_command": False, "task_role_arn": REMOVED}, [], id="no command"),
        pytest.param(
            {"task_customizations": [{"op": "remove", "path": "/overrides/executionRoleArn"}]},
            [],
            id="the role of the definition is enough",
        ),
    ],
)
def test_roles(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"image": ECR}, [], id="the instance pulls from ECR"),
        pytest.param({LOGS: {"logDriver": "awslogs", "options": OPTIONS}}, [], id="the instance sends logs"),
        pytest.param(
            {"launch_type": "EXTERNAL", LOGS: {"logDriver": "awslogs", "options": OPTIONS}},
            [("logs-execution-role?", f"{LOGS}/logDriver")],
            id="an external instance does not",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True},
            [("logs-execution-role", "configure_cloudwatch_logs")],
            id="logs that are set up",
        ),
        pytest.param({"secrets": {"A": "/a"}}, [("secrets-execution-role", "secrets")], id="secrets"),
        pytest.param(
            {LOGS: {"logDriver": "awslogs", "options": {"awslogs-group": "a", "awslogs-region": "b"}}},
            [],
            id="no stream prefix on instances",
        ),
        pytest.param(
            {LOGS: {"logDriver": "awslogs", "options": {"awslogs-group": "a"}}},
            [("awslogs-options", f"{LOGS}/options")],
            id="no region",
        ),
        pytest.param({LOGS: {"logDriver": "awslogs"}}, [("awslogs-options", LOGS)], id="no options"),
    ],
)
def test_roles_and_logs_on_instances(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == expected


OWN = "main/logConfiguration"
ROUTER = {"name": "router", "image": "fluent-bit", "firelensConfiguration": {"type": "fluentbit"}}
FIRELENS = {"cache/logConfiguration": {"logDriver": "awsfirelens"}, "td/containerDefinitions/2": ROUTER}
STREAM = {"configure_cloudwatch_logs": False, "stream_output": True}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {OWN: {"logDriver": "awslogs", "options": {"awslogs-group": "mine"}}}, [], id="its own group"
        ),
        pytest.param(
            {OWN: {"logDriver": "splunk", "options": {"splunk-url": "a", "splunk-token": "{{TOKEN}}"}}},
            [("log-driver-conflict", "configure_cloudwatch_logs")],
            id="another driver",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": REMOVED, "stream_output": True, **FIRELENS}
            | {OWN: {"logDriver": "awsfirelens"}},
            [("log-driver-conflict", "stream_output")],
            id="another driver, to stream",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": REMOVED, "cloudwatch_logs_options": {"mode": "blocking"}},
            [("log-options-unused", "cloudwatch_logs_options")],
            id="options without logs",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": "yes", "cloudwatch_logs_options": {"mode": "blocking"}},
            [("wrong-type", "configure_cloudwatch_logs")],
            id="logs that are refused are there",
        ),
        pytest.param(
            {"cloudwatch_logs_options": {"mode": "non-blocking", "max-buffer-size": "25m"}}, [], id="options"
        ),
        pytest.param(
            {"cloudwatch_logs_options": {"mode": "sometimes"}},
            [("log-mode?", "cloudwatch_logs_options/mode")],
            id="mode",
        ),
        pytest.param(
            {"cloudwatch_logs_options": {"awslogs-gruop": "a"}},
            [("awslogs-option-unknown?", "cloudwatch_logs_options/awslogs-gruop")],
            id="unknown option",
        ),
        pytest.param(
            {"cloudwatch_logs_options": {"awslogs-group": ""}},
            [("awslogs-options", "cloudwatch_logs_options/awslogs-group")],
            id="an empty group",
        ),
        pytest.param(
            {"cloudwatch_logs_options": {"awslogs-datetime-format": "a", "awslogs-multiline-pattern": "b"}},
            [("awslogs-multiline?", "cloudwatch_logs_options/awslogs-multiline-pattern")],
            id="two ways to tell lines apart",
        ),
        pytest.param(
            {LOGS: {"logDriver": "awslogs", "options": {"awslogs-group": "a", "awslogs-region": "b"}}},
            [("awslogs-options", f"{LOGS}/options")],
            id="no stream prefix on Fargate",
        ),
        pytest.param(
            {LOGS: {"logDriver": "splunk", "options": {"splunk-url": "a"}}},
            [("splunk-options?", LOGS)],
            id="splunk without a token",
        ),
        pytest.param(
            {LOGS: {"logDriver": "splunk", "options": {"splunk-url": "a", "splunk-token": "s3cr3t"}}},
            [("log-option-secret?", f"{LOGS}/options/splunk-token")],
            id="a token in the options",
        ),
        pytest.param(FIRELENS, [], id="a log router"),
        pytest.param(
            {LOGS: {"logDriver": "awsfirelens"}},
            [("firelens-missing", f"{LOGS}/logDriver")],
            id="no log router",
        ),
        pytest.param(
            {"td/containerDefinitions/2": ROUTER},
            [("firelens-unused?", "td/containerDefinitions/2/firelensConfiguration")],
            id="a log router of nobody",
        ),
        pytest.param(
            {**FIRELENS, "td/containerDefinitions/2": {**ROUTER, "user": "0:0"}},
            [],
            id="a log router as root",
        ),
        pytest.param(
            {**FIRELENS, "td/containerDefinitions/2": {**ROUTER, "user": "1000"}},
            [("firelens-user", "td/containerDefinitions/2/user")],
            id="a log router as another user",
        ),
        pytest.param(
            {
                **FIRELENS,
                "td/containerDefinitions/2": {
                    **ROUTER,
                    "firelensConfiguration": {"type": "fluentbit", "options": {"config-file-type": "s3"}},
                },
            },
            [
                (
                    "fargate-firelens-file",
                    "td/containerDefinitions/2/firelensConfiguration/options/config-file-type",
                )
            ],
            id="a log router configured from S3",
        ),
        pytest.param(STREAM, [("stream-output-impossible?", "stream_output")], id="nothing to stream"),
        pytest.param(
            {**STREAM, OWN: {"logDriver": "awslogs", "options": OPTIONS}}, [], id="logs of its own to stream"
        ),
        pytest.param(
            {**STREAM, OWN: {"logDriver": "awsfirelens"}, "td/containerDefinitions/2": ROUTER},
            [("stream-output-impossible?", "stream_output")],
            id="logs elsewhere",
        ),
    ],
)
def test_logs(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


def test_a_stream_without_prefix_cannot_be_found() -> None:
    options = {name: OPTIONS[name] for name in ("awslogs-group", "awslogs-region")}
    changes = {**STREAM, OWN: {"logDriver": "awslogs", "options": options}}

    assert found(spoiled({**EC2, "execution_role_arn": ROLE}, changes)) == [
        ("stream-output-impossible?", "stream_output")
    ]
