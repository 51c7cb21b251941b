"""What `init` writes checks clean: what would make a manifest invalid is a comment of it."""

import copy
import json
from typing import Any

import pytest
from clean_manifests import errors_of, init, manifest_of, unsaid
from found_manifests import spoiled_places

from ecsplan_convert.source import ConversionError

ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1"
ROLE = "arn:aws:iam::111122223333:role/etl"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf"


def with_file(definition: Any, service: Any = None) -> tuple[str, dict[str, str]]:
    """Return an ecspresso configuration, and the files that it names."""
    config = {"region": "eu-west-1", "cluster": "batch", "timeout": "10m0s", "task_definition": "td.json"}
    files = {"td.json": json.dumps(definition)}
    if service is not None:
        config["service_definition"] = "sd.json"
        files["sd.json"] = json.dumps(service)
    return json.dumps(config), files


def copilot(**members: Any) -> str:
    job = {"name": "etl", "type": "Scheduled Job", "image": {"location": "alpine:3"}}
    return json.dumps({**job, **members})


def compose(members: str, name: str = "etl") -> str:
    return f"services:\n  {name}:\n    image: alpine:3\n    {members}\n"


def block(**members: Any) -> str:
    return json.dumps({"block_type_slug": "ecs-task", "image": "prefecthq/prefect:2-latest", **members})


def pool(request: Any = None, definition: Any = None, **defaults: Any) -> str:
    names = ("command", "env", "cluster", "vpc_id", "configure_cloudwatch_logs", "container_name")
    container = {"name": "{{ container_name }}", "image": "{{ image }}"}
    configuration = {
        **{each: f"{{{{ {each} }}}}" for each in names},
        "execution_role_arn": "{{ execution_role_arn }}",
        "task_definition": definition
        or {"containerDefinitions": [container], "cpu": "{{ cpu }}", "memory": "{{ memory }}"},
        "task_run_request": request
        or {
            "launchType": "{{ launch_type }}",
            "overrides": {"containerOverrides": [{"name": "{{ container_name }}"}]},
            "tags": "{{ labels }}",
            "taskDefinition": "{{ task_definition_arn }}",
        },
    }
    properties = {name: {"default": each} for name, each in defaults.items()}
    return json.dumps({"job_configuration": configuration, "variables": {"properties": properties}})


def operator(arguments: str, dag: str = "") -> str:
    return (
        "from datetime import timedelta\n"
        "from airflow import DAG\n"
        "from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator\n"
        f'with DAG("etl", {dag}):\n'
        f'    EcsRunTaskOperator(task_id="a", cluster="batch", {arguments})\n'
    )


def schedule(target: Any = None, parameters: Any = None, **members: Any) -> str:
    to = {
        "Arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/batch",
        "RoleArn": ROLE,
        "EcsParameters": {
            "TaskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:3",
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-0a1b2c3d"]}},
            **(parameters or {}),
        },
        **(target or {}),
    }
    return json.dumps({"Name": "etl", "ScheduleExpression": "rate(1 day)", "Target": to, **members})


CONTAINER: dict[str, Any] = {"name": "app", "image": "alpine:3", "essential": True}
DEFINITION: dict[str, Any] = {
    "family": "etl",
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "containerDefinitions": [CONTAINER],
}
RUN: dict[str, Any] = {
    "taskDefinition": "etl:3",
    "cluster": "batch",
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d"]}},
}
LOG = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "g", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"},
}
OPEN = "{{ must_env `X` }}"


def definition(*, open_: Any = None, **container: Any) -> dict[str, Any]:
    return {**DEFINITION, **(open_ or {}), "containerDefinitions": [{**CONTAINER, **container}]}


PLACEHOLDERS = json.dumps(
    {
        **RUN,
        "cluster": "${CLUSTER}",
        "group": "<GROUP>",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["<SUBNET>"]}},
        "overrides": {
            "taskRoleArn": "arn:aws:iam::ACCOUNT:role/x",
            "containerOverrides": [{"name": "${NAME}", "command": ["${A}"]}],
        },
    }
)
OPEN_DEFINITION = json.dumps({**RUN, "taskDefinition": "${FAMILY}"})

SOURCES: dict[str, str | tuple[str, dict[str, str]]] = {
    # Compose
    "compose, numbers as YAML has them": compose(
        "environment: {A: 1.10, B: 0x1F, C: yes, D: 12:30, E: 0o17, F: .inf, G: ~, H: '', I: 2024-01-01}"
    ),
    "compose, odd names of variables": compose("environment: {'a b': x, a.b-c: x, 1X: y, ä: z, '': x}"),
    "compose, a variable of an array": compose("environment: {ECSPLAN_INDEX: '3'}"),
    "compose, a name with blanks": compose("tty: true", "'web app'"),
    "compose, a name with a slash": compose("tty: true", "'web/app'"),
    "compose, a name in Unicode": compose("tty: true", "wéb"),
    "compose, a name that reads as something else": compose("tty: true", "'yes'"),
    "compose, a name of two lines": compose("tty: true", '"a\\nb"')
    + '  c:\n    image: alpine:3\n    depends_on: ["a\\nb"]\n',
    "compose, a long name": compose("tty: true", "x" * 300) + "  b:\n    image: alpine:3\n",
    "compose, labels that are no tags": compose(f"labels: {{'aws:x': y, k: 'a*', {'l' * 200}: x, e: ''}}"),
    "compose, many labels": compose(f"labels: {{{', '.join(f'l{each}: x' for each in range(80))}}}"),
    "compose, ports and volumes": compose("ports: ['80:80', '443']\n    volumes: ['./a:/b']"),
    "compose, small sizes": compose("mem_limit: 50m\n    cpus: 0.01"),
    "compose, large sizes": compose("deploy: {replicas: 5000, resources: {limits: {cpus: '99'}}}"),
    "compose, an image in ECR": compose("logging: {driver: awslogs}").replace("alpine:3", ECR),
    "compose, a cluster that is none": f"x-aws-cluster: a b\nx-aws-vpc: no\n{compose('tty: true')}",
    "compose, a long command": compose(f"command: ['{'x' * 9000}']\n    environment: {{A: '1'}}"),
    "compose, an empty command": compose("command: []\n    entrypoint: ''"),
    "compose, long limits": compose("stop_grace_period: 10m\n    restart: on-failure:500"),
    "compose, dollars": compose("environment: {A: '$${X}', B: '${{ x }}', C: '{{ x }}'}"),
    # Copilot
    "copilot, a build": copilot(image={"build": "./Dockerfile"}, secrets={"A": "/a"}),
    "copilot, a placeholder in the image": copilot(image={"location": "etl:${TAG}"}),
    "copilot, an image in ECR": copilot(image={"location": ECR}, secrets={"A": "/a"}),
    "copilot, an odd name": copilot(name="a b/ü", image={"build": "."}),
    "copilot, numbers": (
        "type: Scheduled Job\nimage: alpine:3\nvariables: {A: 1.10, B: 0x1F, C: yes, D: 12:30}\n"
    ),
    "copilot, large amounts": copilot(retries=50, timeout="2400h", count=100, storage={"ephemeral": 500}),
    "copilot, a wrong secret": copilot(
        secrets={"A": "a b/c", "B b": "/x"}, taskdef_overrides=[{"path": "ExecutionRoleArn", "value": ROLE}]
    ),
    "copilot, rules that do not fit": copilot(
        taskdef_overrides=[
            {"path": "Memory", "value": 99},
            {"path": "NetworkMode", "value": "bridge"},
            {"path": "ContainerDefinitions[0].Cpu", "value": 4096},
            {"path": "ContainerDefinitions[0].Essential", "value": False},
            {"path": "ContainerDefinitions[0].Secrets[-]", "value": {"Name": "A", "ValueFrom": "/x"}},
            {"path": "ContainerDefinitions[0].LogConfiguration", "value": {"LogDriver": "awslogs"}},
            {"path": "ContainerDefinitions[0].LinuxParameters.Capabilities.Add[-]", "value": "NET_ADMIN"},
            {"path": "ContainerDefinitions[0].DependsOn[-]", "value": {"ContainerName": "x"}},
        ]
    ),
    # ecspresso and other templates
    "ecspresso, a placeholder in the image": with_file(definition(image=OPEN)),
    "ecspresso, placeholders in two images": with_file(
        {**DEFINITION, "containerDefinitions": [{**CONTAINER, "image": OPEN}, {"name": "b", "image": OPEN}]}
    ),
    "ecspresso, a placeholder in the role": with_file(
        definition(
            open_={"executionRoleArn": OPEN},
            image=ECR,
            secrets=[{"name": "A", "valueFrom": "/a"}],
            logConfiguration=LOG,
            repositoryCredentials={"credentialsParameter": SECRET},
        )
    ),
    "ecspresso, a placeholder in the log's group": with_file(
        definition(
            open_={"executionRoleArn": ROLE},
            logConfiguration={**LOG, "options": {**LOG["options"], "awslogs-group": OPEN}},  # type: ignore[dict-item]
        )
    ),
    "ecspresso, a placeholder in a volume": with_file(
        definition(
            open_={"volumes": [{"name": OPEN}]}, mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}]
        )
    ),
    "ecspresso, a placeholder in the network mode": with_file(definition(open_={"networkMode": OPEN})),
    "ecspresso, a placeholder in a size": with_file(definition(open_={"cpu": OPEN})),
    "ecspresso, placeholders in names": with_file(definition(open_={"family": OPEN}, name=OPEN)),
    "ecspresso, a placeholder in the task role": with_file(
        definition(open_={"taskRoleArn": OPEN}),
        {"enableExecuteCommand": True, "launchType": "FARGATE", "capacityProviderStrategy": []},
    ),
    "a template of GitHub's action": json.dumps(definition(image="<IMAGE1_NAME>")),
    "a template of a shell": json.dumps(
        definition(
            open_={"executionRoleArn": "${ROLE}"},
            image="${IMAGE}",
            secrets=[{"name": "A", "valueFrom": "/a"}],
        )
    ),
    "a template with an account": json.dumps(
        definition(
            open_={"executionRoleArn": "arn:aws:iam::<ACCOUNT>:role/x"}, image=ECR, logConfiguration=LOG
        )
    ),
    "a template with sizes": json.dumps(definition(open_={"cpu": "@CPU@", "memory": "%MEM%"})),
    "a definition without an image": json.dumps({**DEFINITION, "containerDefinitions": [{"name": "app"}]}),
    "a definition with dots in its names": json.dumps(definition(open_={"family": "a.b"}, name="a.b")),
    "a definition with a long family": json.dumps(definition(open_={"family": "a" * 300})),
    "containers of a template of Terraform": json.dumps(
        [{"name": "app", "image": "${image}", "cpu": "${cpu}", "logConfiguration": LOG}]
    ),
    "CloudFormation's names and functions": json.dumps(
        {
            "Family": {"Fn::Sub": "${AWS::StackName}"},
            "Cpu": {"Ref": "Cpu"},
            "Memory": "512",
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "ContainerDefinitions": [
                {
                    "Name": {"Ref": "Name"},
                    "Image": ECR,
                    "Secrets": [{"Name": "A", "ValueFrom": {"Ref": "S"}}, {"Name": "B", "ValueFrom": "/b"}],
                    "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": {"Ref": "G"}}},
                    "MountPoints": [{"SourceVolume": "v", "ContainerPath": "/v"}],
                }
            ],
            "Volumes": [{"Name": "v", "EFSVolumeConfiguration": {"FilesystemId": {"Ref": "F"}}}],
        }
    ),
    # RunTask
    "RunTask, placeholders": PLACEHOLDERS,
    "RunTask, a placeholder for the definition": OPEN_DEFINITION,
    "RunTask, a placeholder of Go's": json.dumps({**RUN, "taskDefinition": "{{ family }}"}),
    "RunTask, nothing but a name": json.dumps({"taskDefinition": "etl", "launchType": "EC2"}),
    # Prefect
    "block, as small as it gets": json.dumps({"block_type_slug": "ecs-task"}),
    "block, an image in ECR": block(image=ECR, stream_output=True),
    "block, odd names": block(
        name="My flow / ü", family="a.b c", labels={"a b*": "x"}, env={"A b": "1", "": "x", "N": 1.10}
    ),
    "block, odd sizes": block(cpu=100, memory=99),
    "block, placeholders": block(image="{{ image }}", cluster="{{ x }}", execution_role_arn="{{ x }}"),
    "block, wrong names": block(cluster="a b", vpc_id="x", execution_role_arn="x", image="a b"),
    "block, a definition that does not fit": block(
        task_definition={
            "networkMode": "bridge",
            "containerDefinitions": [
                {"name": "prefect", "image": ECR, "secrets": [{"name": "A", "valueFrom": "/a"}]},
                {"name": "b b"},
            ],
        }
    ),
    "block, a link that is none": json.dumps({"block_type_slug": "ecs-task", "task_definition_arn": "a.b:x"}),
    "block, a patch of nothing": block(
        task_customizations=[{"op": "replace", "path": "/nope/x", "value": 1}]
    ),
    "pool, as small as it gets": pool(),
    "pool, an image in ECR": pool(image=ECR, configure_cloudwatch_logs=True),
    "pool, odd values": pool(cpu=99, memory=1, env={"A": 1.10, "B b": "x"}, labels={"a*": "b"}),
    "pool, wrong names": pool(container_name="a b", cluster="a b", vpc_id="x", execution_role_arn="x"),
    "pool, a link that is none": pool(task_definition_arn="a b"),
    "pool, a definition that does not fit": pool(
        definition={"networkMode": "bridge", "containerDefinitions": [{"name": "a.b", "image": ECR}]}
    ),
    # Airflow
    "Airflow, odd names": operator('task_definition="etl", overrides={}, group="a b"', 'schedule="@daily"'),
    "Airflow, parts that are not literal": operator(
        'task_definition="etl", launch_type="FARGATE", overrides={"taskRoleArn": ROLE, "containerOverrides":'
        ' [{"name": NAME, "command": ["{{ ds }}"]}]},'
        ' network_configuration={"awsvpcConfiguration": {"subnets": S}}'
    ),
    "Airflow, odd limits": operator(
        'task_definition="etl", overrides={}, retries=50, execution_timeout=timedelta(days=900), '
        "waiter_delay=0.001"
    ),
    "Airflow, a definition with parts that are not literal": (
        "from airflow.providers.amazon.aws.operators.ecs import *\n"
        'r = EcsRegisterTaskDefinitionOperator(task_id="r", family="etl", container_definitions='
        f'[{{"name": "app", "image": "{ECR}", "secrets": [{{"name": "A", "valueFrom": "/a"}}]}}], '
        'register_task_kwargs={"cpu": CPU, "memory": "512", "requiresCompatibilities": ["FARGATE"], '
        '"executionRoleArn": ROLE})\n'
        'a = EcsRunTaskOperator(task_id="a", task_definition=r.output, launch_type="FARGATE", overrides={})\n'
        "r >> a >> a\n"
    ),
    # EventBridge
    "schedule, odd names": schedule(Name="a b / ü", GroupName="a b", ScheduleExpression="foo(1)"),
    "schedule, placeholders": schedule(
        {"Arn": "${Cluster}", "RoleArn": "<role>"}, {"TaskDefinitionArn": "${Definition}"}
    ),
    "schedule, marks": schedule(parameters={"TaskDefinitionArn": "<td>"}),
    "schedule, wrong values": schedule(
        {"RetryPolicy": {"MaximumRetryAttempts": 500}, "DeadLetterConfig": {"Arn": "x"}},
        {"Tags": [{"Key": "aws:x", "Value": "y"}], "PropagateTags": "X"},
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5000},
        ScheduleExpressionTimezone="Mars",
    ),
    "schedule, an odd input": schedule(
        {"Input": json.dumps({"containerOverrides": [{"name": "a b"}], "taskRoleArn": "x"})}
    ),
}


def test_a_placeholder_of_a_request_is_a_comment() -> None:
    made = init(PLACEHOLDERS)

    written = manifest_of(made)
    assert {"cluster", "task_role_arn", "network_configuration", "container_name"}.isdisjoint(written)
    assert written["command"] == ["$${A}"]
    for each in ("# cluster: ", "# task_role_arn: ", "# container_name: ", "#   subnets: [<SUBNET>]"):
        assert each in made.text


def test_what_a_request_runs_is_replaced_where_it_is_a_placeholder() -> None:
    made = init(OPEN_DEFINITION)

    written = manifest_of(made)
    assert (written["name"], written["image"]) == ("source", "registry.invalid/source:latest")
    assert "# task_definition_arn: ${FAMILY}" in made.text
    assert any("registry.invalid/source:latest" in each for each in made.notes)


@pytest.mark.parametrize("name", SOURCES)
def test_a_manifest_checks_clean(name: str) -> None:
    source = SOURCES[name]
    text, files = source if isinstance(source, tuple) else (source, {})

    made = init(text, files)

    assert [(each.pointer, each.message) for each in errors_of(made)] == []
    assert "variables" not in manifest_of(made) or manifest_of(made)["variables"] == {}


VALUES: dict[str, Any] = {
    "C": "batch",
    "D": "etl:3",
    "L": "FARGATE",
    "ROLE": ROLE,
    "IMAGE": "alpine:3",
    "CPU": "256",
    "MEMORY": "512",
    "PORT": 80,
}
RUN_TASK = "aws ecs run-task --launch-type FARGATE --task-definition"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            f"{RUN_TASK} $D --cluster $C --count $N"
            ' --network-configuration "awsvpcConfiguration={subnets=[$S]}"',
            id="variables in options",
        ),
        pytest.param(
            f'{RUN_TASK} "arn:aws:ecs:eu-west-1:111122223333:task-definition/$F:3" --tags key=a,value=$T'
            ' --group "g-$G"',
            id="variables within texts",
        ),
        pytest.param(
            f'{RUN_TASK} $D --overrides "{{\\"taskRoleArn\\": \\"$ROLE\\",'
            ' \\"containerOverrides\\": [{\\"name\\":'
            ' \\"$NAME\\", \\"command\\": [\\"$X\\", \\"\\${Y}\\"]}]}"',
            id="variables in overrides",
        ),
        pytest.param(f"{RUN_TASK} etl --cluster $(cluster)", id="what only a running shell knows"),
        pytest.param(
            "aws ecs register-task-definition --family $F --cpu $CPU --memory $MEMORY"
            " --requires-compatibilities FARGATE --network-mode awsvpc --execution-role-arn $ROLE"
            ' --container-definitions "[{\\"name\\": \\"app\\", \\"image\\": \\"$IMAGE\\",'
            ' \\"portMappings\\":'
            ' [{\\"containerPort\\": $PORT}]}]"',
            id="a definition with variables",
        ),
        pytest.param(
            "aws ecs register-task-definition --family etl --cpu $(cpu) --memory 512"
            " --requires-compatibilities FARGATE --network-mode awsvpc --execution-role-arn $(role)"
            ' --container-definitions "[{\\"name\\": \\"app\\", \\"image\\": \\"$(image)\\", \\"secrets\\":'
            ' [{\\"name\\": \\"A\\", \\"valueFrom\\": \\"/a\\"}]}]"',
            id="a definition with what only a running shell knows",
        ),
    ],
)
def test_a_script_checks_clean_but_for_its_values(text: str) -> None:
    made = init(f"#!/bin/sh\n{text}\n")

    assert [(each.pointer, each.message) for each in errors_of(made, values=VALUES)] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(json.dumps({**DEFINITION, "cpu": "300"}), "300", id="a size that is not sold"),
        pytest.param(json.dumps(definition(logConfiguration=LOG)), "awslogs", id="a log without a role"),
        pytest.param(json.dumps({**RUN, "taskDefinition": "a.b:3"}), "a.b:3", id="a family with a dot"),
        pytest.param(schedule(parameters={"TaskCount": 500}), "at most 10 tasks", id="a count"),
    ],
)
def test_what_aws_would_refuse_is_a_comment_or_said(text: str, said: str) -> None:
    made = init(text)

    assert said in "\n".join(made.notes)
    assert [*unsaid(made, errors_of(made))] == []


WHOLE: dict[str, Any] = {
    "compose": {
        "services": {
            "etl": {
                "image": "alpine:3",
                "command": ["a"],
                "environment": {"A": "1"},
                "labels": {"team": "data"},
                "platform": "linux/arm64",
                "healthcheck": {"test": ["CMD", "a"], "interval": "10s", "retries": 2},
                "deploy": {"replicas": 2, "resources": {"limits": {"cpus": "1", "memory": "2g"}}},
                "restart": "on-failure:3",
                "stop_grace_period": "10s",
                "ulimits": {"nofile": {"soft": 1, "hard": 2}},
                "cap_drop": ["ALL"],
                "logging": {"driver": "awslogs", "options": {"awslogs-group": "g"}},
                "user": "1000",
                "working_dir": "/x",
            }
        },
        "x-aws-cluster": "batch",
        "x-aws-vpc": "vpc-0a1b2c3d",
    },
    "copilot": {
        "name": "etl",
        "type": "Scheduled Job",
        "image": {"location": "alpine:3", "labels": {"a": "b"}, "healthcheck": {"command": ["CMD", "a"]}},
        "command": ["a"],
        "cpu": 256,
        "memory": 512,
        "variables": {"A": "1"},
        "secrets": {"B": "/b"},
        "network": {"vpc": {"placement": {"subnets": ["subnet-0a1b2c3d"]}}},
        "count": {"spot": 2},
        "retries": 3,
        "timeout": "1h",
        "on": {"schedule": "@daily"},
        "storage": {"ephemeral": 30, "volumes": {"v": {"path": "/x", "efs": {"id": "fs-0a1b2c3d"}}}},
        "logging": {"retention": 30},
        "exec": True,
        "taskdef_overrides": [
            {"path": "ExecutionRoleArn", "value": ROLE},
            {"path": "TaskRoleArn", "value": ROLE},
            {"path": "ContainerDefinitions[0].Ulimits[-].Name", "value": "nofile"},
            {"path": "Memory", "value": 1024},
        ],
    },
    "block": {
        "block_type_slug": "ecs-task",
        "name": "etl",
        "family": "etl",
        "image": "alpine:3",
        "command": ["a"],
        "env": {"A": "1"},
        "labels": {"team": "data"},
        "cpu": 512,
        "memory": 1024,
        "launch_type": "FARGATE",
        "cluster": "batch",
        "vpc_id": "vpc-0a1b2c3d",
        "execution_role_arn": ROLE,
        "task_role_arn": ROLE,
        "configure_cloudwatch_logs": True,
        "cloudwatch_logs_options": {"awslogs-group": "g"},
        "stream_output": True,
        "aws_credentials": {"region_name": "eu-west-1", "profile_name": "p"},
        "task_definition": {
            "volumes": [{"name": "v"}],
            "containerDefinitions": [
                {"name": "prefect", "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]},
                {"name": "b", "image": "alpine:3", "essential": False},
            ],
        },
        "task_customizations": [{"op": "add", "path": "/overrides/cpu", "value": "512"}],
        "task_start_timeout_seconds": 60,
        "task_watch_poll_interval": 2,
    },
    "definition": definition(
        open_={
            "executionRoleArn": ROLE,
            "taskRoleArn": ROLE,
            "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-0a1b2c3d"}}],
            "tags": [{"key": "team", "value": "data"}],
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
        },
        environment=[{"name": "A", "value": "1"}],
        secrets=[{"name": "B", "valueFrom": "/b"}],
        logConfiguration=LOG,
        portMappings=[{"containerPort": 80, "protocol": "tcp"}],
        mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}],
        ulimits=[{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
        healthCheck={"command": ["CMD", "a"], "interval": 10},
    ),
    "RunTask": {
        **RUN,
        "count": 2,
        "group": "g",
        "platformVersion": "1.4.0",
        "tags": [{"key": "team", "value": "data"}],
        "overrides": {
            "cpu": "512",
            "memory": "1024",
            "taskRoleArn": ROLE,
            "containerOverrides": [
                {"name": "app", "command": ["a"], "environment": [{"name": "A", "value": "1"}]}
            ],
        },
    },
}
WITHOUT_DOCUMENTS = ("compose", "copilot", "block")
"""Formats that are not AWS's, so that no part of them is what AWS would refuse."""
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        1.10,
        10**12,
        "",
        " ",
        "a b",
        "a.b",
        "ä/ö",
        "x" * 300,
        "1.10",
        "0x1F",
        "yes",
        "12:30",
    ),
    *("${X}", "<X>", "{{ x }}", ECR, "aws:x", "a\nb", [], {}, ["a"], {"a": "b"}),
)


def spoiled(document: Any, holder: tuple[Any, ...], place: Any, value: Any) -> Any:
    """Return a copy of a document with another value at a place."""
    changed = copy.deepcopy(document)
    inner = changed
    for each in holder:
        inner = inner[each]
    inner[place] = value
    return changed


@pytest.mark.parametrize("form", WHOLE)
def test_whole_sources_check_clean(form: str) -> None:
    assert errors_of(init("", document=WHOLE[form])) == ()


@pytest.mark.parametrize(
    ("form", "holder", "place"),
    [
        pytest.param(form, *each.values, id=f"{form}: {each.id}")
        for form, document in WHOLE.items()
        for each in spoiled_places(document)
    ],
)
def test_odd_values_check_clean(form: str, holder: tuple[Any, ...], place: Any) -> None:
    # A fifth of the values for each place, so that all of them come to each kind of place.
    for value in ODD[sum(map(ord, f"{holder}{place}")) % 5 :: 5]:
        try:
            made = init("", document=spoiled(WHOLE[form], holder, place, value))
        except ConversionError:  # no source any more
            continue
        errors = errors_of(made)
        if form in WITHOUT_DOCUMENTS:
            assert [(value, each.pointer, each.message) for each in errors] == []
        else:
            assert [(value, each) for each in unsaid(made, errors)] == []
