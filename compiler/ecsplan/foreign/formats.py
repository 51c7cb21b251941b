"""The formats of other tools' documents, in the order in which they are tried."""

from typing import Final

from ecsplan.foreign import signatures
from ecsplan.foreign.format import LEAVE_OUT, Format

_PER_JOB: Final = (
    f"a manifest has the `image:` and `command:` of one job, or several jobs below `jobs:`; {LEAVE_OUT}"
)
_EMBED: Final = "write a manifest with `task_definition: {file}`, or convert it with `ecsplan init {path}`"
CONVERT: Final = "convert it with `ecsplan init {path}`"
"""What to do with a file that a manifest can be made of."""
SHELL_ADVICE: Final = "convert it with `ecsplan init {path}` if it runs tasks with the AWS CLI"
"""What to do with a shell script."""
_STRAY: Final = "write a manifest for what it should run"

# The order decides: a document may fit several formats, and the more specific one comes first. So a template
# of CloudFormation precedes what its resources contain, and Compose files follow the formats that also have
# `services`.
FORMATS: Final[tuple[Format, ...]] = (
    Format(
        "shell",
        "a shell script",
        (),
        signatures.is_aws_call,
        SHELL_ADVICE,
    ),
    Format(
        "plan",
        "an ecsplan plan",
        ("plan_version",),
        signatures.is_plan,
        "run it with `ecsplan apply {path}`",
    ),
    Format(
        "describe-answer",
        "a DescribeTaskDefinition or RegisterTaskDefinition response",
        ("taskDefinition",),
        signatures.is_answer,
        _EMBED,
        is_definition=True,
    ),
    Format(
        "task-definition",
        "a task definition",
        ("containerDefinitions",),
        signatures.without_own(signatures.is_definition),
        _EMBED,
        is_definition=True,
    ),
    Format(
        "task-definition-properties",
        "a task definition with CloudFormation's property names",
        ("ContainerDefinitions",),
        lambda body: signatures.any_has(body.get("ContainerDefinitions"), "Name", "Image"),
        CONVERT,
    ),
    Format(
        "describe-services",
        "a DescribeServices response",
        ("services",),
        lambda body: (
            signatures.any_has(body.get("services"), "serviceArn", "serviceName")
            or signatures.found_nothing(body, "services")
        ),
        CONVERT,
    ),
    Format(
        "describe-tasks",
        "a RunTask or DescribeTasks response",
        ("tasks",),
        lambda body: (
            signatures.any_has(body.get("tasks"), "taskArn", "taskDefinitionArn")
            or signatures.found_nothing(body, "tasks")
        ),
        CONVERT,
    ),
    Format(
        "list-task-definitions",
        "a ListTaskDefinitions response",
        ("taskDefinitionArns",),
        lambda body: ":task-definition/" in str(body.get("taskDefinitionArns")),
        "write a manifest that names one of them under `task_definition_arn:`",
    ),
    Format(
        "ecs-service",
        "an ECS service definition",
        tuple(sorted(signatures.SERVICE)),
        signatures.without_own(signatures.is_service_definition),
        "a manifest runs a job, not a service; to run like the service, write its name under `service:` and "
        "its cluster under `cluster:`",
    ),
    Format(
        "run-task",
        "a RunTask request",
        ("taskDefinition",),
        signatures.without_own(signatures.is_run_task),
        CONVERT,
    ),
    Format(
        "eventbridge-target",
        "an EventBridge target",
        ("EcsParameters", "Target", "Targets"),
        signatures.is_targets,
        CONVERT,
    ),
    Format(
        "cloudformation",
        "a CloudFormation template",
        ("AWSTemplateFormatVersion", "Resources"),
        signatures.is_cloudformation,
    ),
    Format(
        "appspec",
        "a CodeDeploy AppSpec file",
        ("Resources", "version"),
        lambda body: isinstance(body.get("Resources"), list) or ("hooks" in body and "os" in body),
    ),
    Format("buildspec", "a CodeBuild buildspec", ("phases",), signatures.has("version", "phases")),
    Format("copilot", "an AWS Copilot manifest", ("type",), signatures.is_copilot, CONVERT),
    Format(
        "ecs-params",
        "an ecs-params.yml of the ECS CLI",
        ("version", "run_params"),
        signatures.is_ecs_params,
        _PER_JOB,
    ),
    Format(
        "prefect-work-pool",
        "a base job template of a Prefect work pool",
        ("job_configuration", signatures.POOLS_TEMPLATE),
        signatures.is_work_pool,
        CONVERT,
    ),
    Format(
        "prefect-block",
        "a Prefect block",
        ("type", "_block_type_slug", "block_type_slug", "block_type"),
        signatures.is_prefect_block,
        CONVERT,
    ),
    Format(
        "prefect-deployment",
        "a Prefect deployment",
        ("prefect-version", "deployments", "work_queue_name"),
        signatures.is_prefect_deployment,
    ),
    Format(
        "kubernetes", "a Kubernetes resource", ("apiVersion",), signatures.has("apiVersion", "kind"), _PER_JOB
    ),
    Format("helm-chart", "the Chart.yaml of a Helm chart", ("apiVersion",), signatures.is_chart),
    Format(
        "kustomization",
        "a Kustomize file",
        ("resources", "bases", "configMapGenerator", "secretGenerator", "namespace"),
        signatures.is_kustomization,
    ),
    Format(
        "deployfish",
        "a deployfish configuration",
        ("services", "tasks"),
        lambda body: any(
            signatures.any_has(body.get(each), "family", "containers") for each in ("services", "tasks")
        ),
        _PER_JOB,
    ),
    Format("docker-compose", "a Docker Compose file", ("services",), signatures.is_compose, CONVERT),
    Format(
        "ecspresso",
        "an ecspresso configuration",
        ("service_definition", "plugins", "region"),
        signatures.is_ecspresso,
        CONVERT,
    ),
    Format("circleci", "a CircleCI configuration", ("workflows", "orbs", "jobs"), signatures.is_circleci),
    Format("github-workflow", "a GitHub workflow", ("on", "jobs"), signatures.is_workflow),
    Format(
        "github-action",
        "a GitHub action",
        ("runs",),
        lambda body: "using" in signatures.mapping(body, "runs"),
    ),
    Format("dependabot", "a Dependabot configuration", ("updates",), signatures.has("version", "updates")),
    Format("bitbucket", "a Bitbucket pipeline", ("pipelines",), signatures.is_bitbucket),
    Format(
        "azure-pipeline",
        "an Azure pipeline",
        ("trigger", "pool", "steps"),
        lambda body: (
            ("trigger" in body or "pool" in body) and signatures.one_of("steps", "jobs", "stages")(body)
        ),
    ),
    Format("gitlab-ci", "a GitLab pipeline", ("stages", "include"), signatures.is_gitlab),
    Format("helm-values", "the values of a Helm chart", ("image",), signatures.is_chart_values, _PER_JOB),
    Format(
        "serverless",
        "a Serverless Framework configuration",
        ("functions",),
        signatures.has("provider", "functions"),
    ),
    Format(
        "state-machine",
        "a Step Functions state machine",
        ("States",),
        signatures.has("StartAt", "States"),
        _STRAY,
    ),
    Format(
        "batch-job",
        "an AWS Batch job definition",
        ("jobDefinitionName", "containerProperties"),
        lambda body: "jobDefinitionName" in body and signatures.one_of("type", "containerProperties")(body),
        _PER_JOB,
    ),
    Format(
        "iam-policy",
        "an IAM policy",
        ("Statement",),
        lambda body: "Statement" in body and signatures.one_of("Version", "Id")(body),
    ),
    Format(
        "terraform",
        "a Terraform configuration or state",
        ("terraform", "resource", "terraform_version"),
        lambda body: (
            any(each.startswith("aws_") for each in signatures.mapping(body, "resource"))
            or signatures.has("terraform_version", "version")(body)
        ),
    ),
    Format(
        "pre-commit",
        "a pre-commit configuration",
        ("repos",),
        lambda body: signatures.any_has(body.get("repos"), "hooks"),
    ),
    Format("openapi", "an OpenAPI description", ("openapi", "swagger"), signatures.is_openapi),
    Format("json-schema", "a JSON Schema", ("$schema",), signatures.is_json_schema),
    Format("mkdocs", "a MkDocs configuration", ("site_name",), signatures.is_mkdocs),
    Format(
        "taskfile",
        "a Taskfile",
        ("tasks",),
        lambda body: "version" in body and signatures.any_has(body.get("tasks"), "cmds"),
    ),
    Format(
        "node-package",
        "a package.json",
        ("scripts", "dependencies"),
        lambda body: (
            "name" in body
            and any(signatures.mapping(body, each) or body.get(each) == {} for each in signatures.OF_NODE)
            and signatures.OWN.isdisjoint(body)
        ),
    ),
    Format(
        "pnpm",
        "a pnpm workspace or lock file",
        ("lockfileVersion", "packages"),
        lambda body: "lockfileVersion" in body or (body.keys() <= signatures.OF_PNPM and "packages" in body),
    ),
    Format(
        "conda",
        "a conda environment",
        ("channels", "dependencies"),
        lambda body: (
            isinstance(body.get("dependencies"), list) and signatures.one_of("channels", "name")(body)
        ),
    ),
    Format(
        "dbt",
        "a dbt project or model file",
        ("config-version", "models", "sources"),
        lambda body: (
            signatures.has("profile", "config-version")(body)
            or (
                "version" in body
                and any(signatures.any_has(body.get(each), "columns", "tables") for each in signatures.OF_DBT)
            )
        ),
    ),
)
"""Formats whose documents are mappings, the most specific ones first."""

LISTS: Final[tuple[Format, ...]] = (
    Format(
        "task-definitions",
        "a list of task definitions",
        (),
        lambda items: signatures.any_has(items, "containerDefinitions", "taskDefinition"),
        CONVERT,
    ),
    Format(
        "eventbridge-target",
        "an EventBridge target",
        (),
        lambda items: signatures.any_has(items, "EcsParameters"),
        CONVERT,
    ),
    Format(
        "image-definitions",
        "a CodePipeline imagedefinitions.json",
        (),
        lambda items: all({"name", "imageUri"} <= {*each} for each in items),
    ),
    Format(
        "container-definitions",
        "a list of container definitions",
        (),
        lambda items: all({"name", "image"} <= {*each} for each in items),
        "put it below `containerDefinitions` in a task definition, or convert it with `ecsplan init {path}`",
    ),
    Format(
        "ansible-playbook",
        "an Ansible playbook",
        (),
        lambda items: signatures.any_has(
            items, "hosts", "import_playbook", "ansible.builtin.import_playbook"
        ),
    ),
    Format(
        "ansible-tasks", "a list of Ansible tasks", (), lambda items: all("name" in each for each in items)
    ),
)
"""Formats whose documents are lists of mappings."""
