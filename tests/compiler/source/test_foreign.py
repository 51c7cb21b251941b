"""Files of other tools: recognized by their content, with one error that says what each is."""

import json
from typing import Any

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.foreign.formats import FORMATS, LISTS
from ecsplan.foreign.recognize import TEXTS, recognized, recognized_text
from ecsplan.foreign.signatures import calls_aws

DEFINITION = {"family": "a", "containerDefinitions": [{"name": "app", "image": "alpine:3"}]}

SAMPLES: dict[str, tuple[str, ...]] = {
    "plan": ('{"$schema": "x", "plan_version": 1, "jobs": [], "digest": "sha256:x"}',),
    "describe-answer": (json.dumps({"taskDefinition": DEFINITION, "tags": []}),),
    "task-definition": (
        json.dumps(DEFINITION),
        json.dumps(
            {**DEFINITION, "cpu": "256", "memory": "512", "tags": [], "revision": 3, "status": "ACTIVE"}
        ),
        "containerDefinitions:\n  - name: app\n    image: alpine:3\n",
        json.dumps({**DEFINITION, **dict.fromkeys(("pidMode", "ipcMode", "volumes"))}),
    ),
    "task-definition-properties": ("Family: a\nContainerDefinitions: [{Name: app}]\n",),
    "describe-services": ('{"services": [{"serviceArn": "a", "serviceName": "b"}], "failures": []}',),
    "describe-tasks": ('{"tasks": [{"taskArn": "a"}], "failures": []}',),
    "list-task-definitions": (
        '{"taskDefinitionArns": ["arn:aws:ecs:us-east-1:111122223333:task-definition/a:1"]}',
    ),
    "ecs-service": ("serviceName: web\ndesiredCount: 2\nlaunchType: FARGATE\ntaskDefinition: web:3\n",),
    "run-task": (
        '{"cluster": "c", "taskDefinition": "a:1", "launchType": "FARGATE", "overrides": {}}',
        '{"taskDefinition": "a", "count": 1, "networkConfiguration": {"awsvpcConfiguration": {}}}',
        '{"taskDefinition": "a:1"}',
    ),
    "eventbridge-target": (
        '{"Arn": "a", "RoleArn": "b", "EcsParameters": {"TaskDefinitionArn": "c"}}',
        '{"Name": "n", "ScheduleExpression": "rate(1 day)", "Target": {"Arn": "a", "EcsParameters": {}}}',
        '{"Rule": "r", "Targets": [{"Id": "1", "EcsParameters": {}}]}',
        '[{"Id": "1", "Arn": "a", "EcsParameters": {"TaskDefinitionArn": "c"}}]',
        '{"Name": "n", "Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": "{}"}}',
    ),
    "cloudformation": (
        "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  A:\n    Type: AWS::ECS::TaskDefinition\n",
        "Resources:\n  A:\n    Type: AWS::ECS::Cluster\n    Properties: {ClusterName: !Ref Name}\n",
        "Resources:\n  A:\n    Type: AWS::ECS::Cluster\n    Name: !Sub '${A}'\n    Tags: !If [a, b, c]\n",
    ),
    "appspec": ("version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n",),
    "buildspec": ("version: 0.2\nphases:\n  build: {commands: [make]}\n",),
    "copilot": (
        "name: report\ntype: Scheduled Job\nimage: {build: Dockerfile}\ncpu: 256\nmemory: 512\n",
        "name: web\ntype: Load Balanced Web Service\nhttp: {path: /}\n",
    ),
    "ecs-params": ("version: 1\ntask_definition: {ecs_network_mode: awsvpc, task_size: {cpu_limit: 256}}\n",),
    "prefect-work-pool": (
        '{"job_configuration": {"command": "{{ command }}"}, "variables": {}}',
        '{"name": "a", "type": "ecs", "base_job_template": {"job_configuration": {}, "variables": {}}}',
    ),
    "prefect-block": (
        "type: ecs-task\nimage: alpine\ncommand: [echo]\nlaunch_type: FARGATE\naws_credentials: {}\n",
        '{"_block_type_slug": "ecs-task", "image": "alpine", "cpu": 256}',
        '{"name": "prod", "data": {"image": "a"}, "block_type_slug": "ecs-task"}',
        '{"name": "prod", "data": {"image": "a"}, "block_type": {"slug": "ecs-task", "name": "ECS Task"}}',
    ),
    "prefect-deployment": ("prefect-version: 2.20\nname: x\ndeployments: []\n",),
    "kubernetes": (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n",
        "apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Secret\n---\nkind: X\napiVersion: a/v1\n",
    ),
    "helm-chart": ("apiVersion: v2\nname: chart\nversion: 0.1.0\ntype: application\n",),
    "kustomization": (
        "resources:\n  - a.yaml\nnamespace: prod\n",
        "resources: [a.yaml]\nnamePrefix: x-\n",
        "resources:\n  - a.yaml\n",
        "configMapGenerator: [{name: a, files: [b]}]\ncommonLabels: {app: x}\n",
    ),
    "deployfish": ("services:\n  - {name: a, cluster: c, family: f, containers: [{name: a, image: b}]}\n",),
    "docker-compose": (
        "version: '3.8'\nservices:\n  web:\n    image: nginx\n    ports: ['80:80']\n",
        "services: {db: {build: .}}\nvolumes: {data: }\n",
        "name: app\nservices: {web: {image: nginx, command: run}}\n",
        "include:\n  - web/compose.yaml\n  - path: db/compose.yaml\n",
    ),
    "ecspresso": (
        "region: us-east-1\ncluster: c\nservice: s\nservice_definition: s.json\ntask_definition: t.json\n",
        "region: us-east-1\ncluster: c\ntask_definition: t.json\ntimeout: 10m0s\n",
        "region: us-east-1\ncluster: c\ntask_definition: t.json\n",
        "region: us-east-1\nservice: s\ntask_definition: t.json\n",
        "region: us-east-1\ntask_definition: t.json\nplugins:\n{{ if env `A` `` }}\n  - name: a\n{{ end }}\n",
        "cluster: c\ntask_definition: t.json\nplugins:\n  - name: tfstate\n    config: {url: s3://b/k}\n",
        "region: {{ must_env `REGION` }}\ncluster: c\ntask_definition: t.json\n",
        "local env = import 'env.libsonnet';\n{\n  region: env.region,\n  task_definition: 't.json',\n}\n",
    ),
    "circleci": ("version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {}\n",),
    "github-workflow": (
        "name: ci\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{run: make}]\n",
        "on: {workflow_call: {}}\nenv: {A: b}\ndefaults: {run: {shell: bash}}\njobs: {a: {uses: ./x.yml}}\n",
    ),
    "github-action": ("name: a\ndescription: b\nruns: {using: composite, steps: []}\n",),
    "dependabot": ("version: 2\nupdates: [{package-ecosystem: pip, directory: /}]\n",),
    "bitbucket": ("image: python:3\npipelines: {default: [{step: {script: [make]}}]}\n",),
    "azure-pipeline": ("trigger: [main]\npool: {vmImage: ubuntu-latest}\nsteps: [{script: make}]\n",),
    "gitlab-ci": (
        "stages: [build]\nimage: python:3\nbuild: {stage: build, script: [make]}\n",
        "test:\n  image: python:3\n  script: [pytest]\n",
    ),
    "helm-values": ("replicaCount: 1\nimage: {repository: nginx, tag: '1', pullPolicy: Always}\n",),
    "serverless": ("service: a\nprovider: {name: aws}\nfunctions: {}\n",),
    "state-machine": ('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',),
    "batch-job": ('{"jobDefinitionName": "a", "type": "container", "containerProperties": {"image": "b"}}',),
    "iam-policy": ('{"Version": "2012-10-17", "Statement": []}',),
    "terraform": ('{"resource": {"aws_ecs_task_definition": {"a": {}}}}',),
    "terraform-source": ('resource "aws_ecs_cluster" "a" {\n  name = "b"\n}\n',),
    "pre-commit": ("repos:\n  - repo: local\n    hooks: [{id: a}]\n",),
    "openapi": ("openapi: 3.1.0\ninfo: {}\npaths: {}\n",),
    "json-schema": ('{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}',),
    "mkdocs": ("site_name: Docs\nnav: []\n",),
    "taskfile": ("version: '3'\ntasks: {build: {cmds: [make]}}\n",),
    "pnpm": ("packages: ['apps/*']\n", "lockfileVersion: '9.0'\nsettings: {}\nimporters: {}\n"),
    "conda": ("name: env\nchannels: [conda-forge]\ndependencies: [python=3.11]\n",),
    "dbt": (
        "name: shop\nconfig-version: 2\nprofile: shop\nmodels: {}\n",
        "version: 2\nmodels: [{name: orders, columns: [{name: id}]}]\n",
    ),
    "node-package": ('{"name": "a", "version": "1.0.0", "dependencies": {}}',),
    "task-definitions": (json.dumps([DEFINITION, DEFINITION]),),
    "image-definitions": ('[{"name": "app", "imageUri": "a:1"}]',),
    "container-definitions": (json.dumps(DEFINITION["containerDefinitions"]),),
    "ansible-playbook": ("- hosts: all\n  tasks: []\n",),
    "ansible-tasks": ("- name: install\n  apt: {name: git}\n",),
    "helm-template": (
        "{{- if .Values.job.enabled }}\napiVersion: batch/v1\nkind: Job\n{{- end }}\n",
        'kind: Job\nmetadata:\n  name: {{ include "x" . }}\n  labels:\n    {{- toYaml .Values.labels }}\n',
        "apiVersion: v1\nkind: Service\nspec:\n  type: {{ .Values.type }}\n  port: {{ .Values.port }}\n",
    ),
    "task-definition-template": (
        '{"family": "a", "cpu": {{ must_env `CPU` }}, "containerDefinitions": []}',
        '{"family": "a", "containerDefinitions": [{"name": "a", "cpu": ${cpu}}]}',
        '{"family": "a", {{ if env `A` `` }}"cpu": {{ env `B` `1` }},{{ end }}"containerDefinitions": []}',
    ),
    "jinja-template": ("image: a\n{% for each in jobs %}\n{{ each }}: {}\n{% endfor %}\n",),
    "dockerfile": ("# syntax=x\nARG V=3\nFROM alpine:${V}\nRUN echo hi\n",),
    "python": (
        "from prefect_aws import ECSTask\n\ntask = ECSTask(image='a')\n",
        "import airflow.operators.ecs as ecs\r\nrun = ecs.Run(sql='{% if a %}{{ ds }}{% endif %}')\r\n",
        "'''Runs it.'''\nimport os, sys  # both\nx = {'a': '{{ .Values.a }}'}\n",
        "class A(B):\n    x = ['{{ include x }}'\n% y]\n",
    ),
    "shell": (
        "#!/usr/bin/env bash\nset -e\naws ecs run-task --cluster: x\n",
        "#!/bin/sh\npython3 - <<END: x\nimport json\nEND: {\n",
        '#!/bin/bash\ncat > t.json <<EOF\n{"containerDefinitions": [{"image": "a:${TAG}"}]: x\nEOF\n',
        "#!/bin/sh\ncat <<EOF\n{{ if .Values.a }}: {\nEOF\n",
        "aws ecs run-task --cluster a --overrides '{\"containerOverrides\": []}'\n",
        "# Runs it.\nexport A='b: c'\nARN=$(aws --region \\\n  eu-west-1 ecs \\\n  run-task --cluster a)\n",
        "sudo -E A=b /usr/bin/aws ecs register-task-definition --volumes 'a: b'\n",
        "if ! aws ecs run-task --group 'a: b'; then exit 1; fi\n",
    ),
}


def test_every_format_has_a_sample() -> None:
    assert sorted(SAMPLES) == sorted({each.key for each in (*FORMATS, *LISTS, *TEXTS)})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param(key, text, id=f"{key} {index}")
        for key, texts in SAMPLES.items()
        for index, text in enumerate(texts)
    ],
)
def test_one_error_says_what_the_file_is(key: str, text: str) -> None:
    names = {each.key: each.name for each in (*FORMATS, *LISTS, *TEXTS)}

    [found] = compile_manifest(text, file="dir/some.yaml").diagnostics

    assert (found.severity, found.rule) == ("error", "not-a-manifest")
    assert found.message == f"this is {names[key]}, not a manifest"
    assert found.help
    assert "{file}" not in found.help


def test_the_error_stands_at_the_key_that_tells() -> None:
    [found] = compile_manifest("version: '3'\nservices:\n  web: {image: a}\n", file="a.yaml").diagnostics

    assert (found.line, found.column) == (2, 1)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("deploy/taskdef.json", "`task_definition: taskdef.json`"),
        ("-", "`task_definition: FILE`"),
    ],
)
def test_the_help_of_a_definition_names_the_file(file: str, expected: str) -> None:
    [found] = compile_manifest(json.dumps(DEFINITION), file=file).diagnostics

    assert expected in found.help


@pytest.mark.parametrize("key", ["docker-compose", "copilot"])
def test_the_help_of_a_file_that_can_be_converted_names_the_command(key: str) -> None:
    [found] = compile_manifest(SAMPLES[key][0], file="some.yaml").diagnostics

    assert "`ecsplan init some.yaml`" in found.help


def test_broken_yaml_of_another_tool_is_one_error() -> None:
    text = "version: '3'\nservices:\n  web:\n    image: nginx\n   ports: [1\n"

    [found] = compile_manifest(text, file="a.yaml").diagnostics

    assert (found.rule, found.line) == ("not-a-manifest", 2)


def test_documents_of_two_formats_are_two_errors_and_the_job_between_them_is_checked() -> None:
    text = "apiVersion: v1\nkind: Pod\n---\nimage: alpine:3\ncpu: 300\n---\nservices: {a: {image: b}}\n"

    found = compile_manifest(text, file="a.yaml").diagnostics

    assert [(each.line, each.rule) for each in found] == [
        (1, "not-a-manifest"),
        (5, "fargate-cpu"),
        (7, "not-a-manifest"),
    ]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param({"image": "a", "tags": {"a": "b"}}, "unknown-key", id="a key of AWS"),
        pytest.param({"image": "a", "containerDefinitions": []}, "unknown-key", id="one level too high"),
        pytest.param({"image": "a", "taskDefinition": "b"}, "unknown-key", id="the key of a link"),
        pytest.param({"image": "a", "region": "b", "timeout": 3}, "unknown-key", id="a region and a timeout"),
        pytest.param({"image": "a", "services": {"b": 1}}, "unknown-key", id="services"),
        pytest.param({"image": "a", "type": "job"}, "unknown-key", id="a type"),
        pytest.param({"image": "a", "version": 1}, "unknown-key", id="a version"),
        pytest.param({"jobs": {"a": {"image": "b"}}, "on": "push"}, "jobs-unknown-key", id="beside jobs"),
        pytest.param({"jobs": {"a": {"image": "b"}}, "version": 2}, "jobs-unknown-key", id="a version, jobs"),
        pytest.param({"hello": {"image": "a", "command": ["b"]}}, "unknown-key", id="a job without jobs"),
    ],
)
def test_a_manifest_with_a_slip_stays_one(manifest: dict[str, Any], expected: str) -> None:
    found = compile_manifest(json.dumps(manifest), file="a.yaml").diagnostics

    assert expected in {each.rule for each in found}
    assert "not-a-manifest" not in {each.rule for each in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo 'aws ecs run-task: a'\n", None),
        ("see: aws ecs run-task\n", None),
        ("aws ecs describe-tasks --tasks 'a: b'\n", None),
        ("# Run it\n\n```sh\naws ecs run-task --group 'a: b'\n```\n", None),
        ('resource "null_resource" "a" {\n  c = <<EOT\n  aws ecs run-task\nEOT\n}\n', "terraform-source"),
        ("pipeline {\n  aws ecs run-task\n}\n", None),
        ("def run():\n    x\n    aws ecs run-task\n", "python"),
    ],
)
def test_calls_of_the_aws_cli_in_other_texts(text: str, expected: str | None) -> None:
    found = recognized_text(text)

    assert (found and found.key) == expected


@pytest.mark.parametrize(
    ("head", "member", "rule"),
    [
        pytest.param("variables: {}", "image: ${TAG}", "variable-undeclared", id="undeclared"),
        pytest.param("variables: {TAG: {}}", "image: ${TAG}", "variable-missing", id="without a value"),
        pytest.param(
            "variables: {}", "image: x\n      dockerLabels:\n        ${X}: y", "variable-key", id="a key"
        ),
        pytest.param("", "image: ${TAG}\n      image: ${TAG}", "duplicate-key", id="written twice"),
    ],
)
def test_a_manifest_that_embeds_a_definition_is_no_template_of_one(head: str, member: str, rule: str) -> None:
    text = f"{head}\ntask_definition:\n  containerDefinitions:\n    - name: app\n      {member}\n"

    rules = [each.rule for each in compile_manifest(text, file="a.yaml").diagnostics]

    assert rule in rules
    assert "not-a-manifest" not in rules


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('run() { aws ecs run-task --cluster "$1"; }', id="the body of a function"),
        pytest.param('if [ -n "$X" ]; then aws ecs run-task; fi', id="a condition"),
        pytest.param('[ -n "$X" ] && aws ecs run-task', id="after a test"),
        pytest.param("cd infra; aws ecs run-task", id="after a command"),
        pytest.param("for each in a b; do aws ecs run-task; done", id="a loop"),
        pytest.param("until aws ecs run-task; do sleep 5; done", id="a condition of a loop"),
        pytest.param('echo "$(aws ecs run-task)"', id="within an expansion"),
        pytest.param("aws-vault exec prod -- aws ecs run-task", id="after two dashes"),
        pytest.param("docker run --rm -e A=b amazon/aws-cli:2.31 --region a ecs run-task", id="an image"),
        pytest.param("sudo -u deploy timeout 5m aws ecs run-task", id="commands around it"),
        pytest.param("bash -ec 'aws ecs run-task'", id="a script in quotes"),
        pytest.param('eval "aws ecs run-task"', id="eval"),
        pytest.param('RUN="aws ecs run-task --cluster a"', id="a command in a variable"),
        pytest.param('AWS="aws --region a"\n$AWS ecs run-task', id="the CLI in a variable"),
    ],
)
def test_a_script_is_one_wherever_it_calls_the_aws_cli(line: str) -> None:
    found = recognized_text(f"{line}\n")

    assert found is not None
    assert found.key == "shell"


@pytest.mark.parametrize(
    "line",
    ["Run `aws ecs run-task` first.", "| aws ecs run-task | runs |", "Then (see aws ecs run-task) wait."],
)
def test_prose_about_the_aws_cli_is_no_script(line: str) -> None:
    assert recognized_text(f"{line}\n") is None


def test_markdown_with_python_in_it_is_not_python() -> None:
    assert recognized_text("# Title\n\n```python\nimport ecsplan\n```\n") is None


@pytest.mark.parametrize("part", ["sudo -u 5 ", "; ", "then ", "eval ", "; a/aws-cli ", "A= ", "$(", " -c '"])
def test_a_long_line_like_a_call_is_searched_in_no_time(part: str) -> None:
    assert not calls_aws(part * 20_000)
    calls_aws(f"{part * 20_000}\n{part * 200} ecs run-task\n" * 30)


@pytest.mark.parametrize(
    "part", ["aws ", "aws ecs ", "A=b ", "if ", "sudo ", "A=$( ", "aws \\\n", "env -u ", " ", " \n", "#\n"]
)
def test_a_long_text_without_a_call_is_not_recognized(part: str) -> None:
    assert recognized_text(f"{part * 30_000}: {{") is None


@pytest.mark.parametrize(
    "document", [None, 1, "text", [], [1], {}, {"a": None}, {"jobs": None}, [[{}]], [{}, 1]]
)
def test_recognizing_takes_any_document(document: Any) -> None:
    assert recognized(document) is None


@pytest.mark.parametrize(
    "junk", [None, 1, "x", [], [1], {}, {"x": None}, [{"x": [1]}], {"x": {"x": 1}}], ids=repr
)
def test_no_value_of_a_telling_key_makes_it_fail(junk: Any) -> None:
    keys = {key for each in FORMATS for key in each.telltale_keys}

    for key in keys:
        recognized({key: junk})
        compile_manifest(json.dumps({key: junk, "version": junk}), file="a.yaml")


def test_the_command_in_the_advice_runs_as_printed() -> None:
    text = '{"family": "etl", "containerDefinitions": [{"name": "app", "image": "alpine"}]}'

    (found,) = compile_manifest(text, file="jobs/my file.json").diagnostics

    assert "`task_definition: my file.json`" in found.help
    assert "`ecsplan init 'jobs/my file.json'`" in found.help
