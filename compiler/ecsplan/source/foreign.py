"""Files of other tools, told by their content: what each is called, and what to do with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Body: TypeAlias = Mapping[str, Any]

_LEAVE_OUT: Final = "name the manifests themselves, or keep this file out of the folder that is checked"
_PER_JOB: Final = f"a manifest has `image:` and `command:` of one job, or several below `jobs:`; {_LEAVE_OUT}"


MAX_TELLING: Final = 100_000
"""Characters of a text by which it is recognized."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that is not a manifest.

    Attributes:
        key: A short name that stays the same: `docker-compose`.
        name: What a message calls it, with its article: "a Docker Compose file".
        telling: Top-level keys that give it away, the first that is there being where to point.
        fits: Whether a document, as plain data, is one.
        advice: What to do with such a file; `{file}` stands for its name.
        is_definition: Whether it holds one task definition.
    """

    key: str
    name: str
    telling: tuple[str, ...]
    fits: Callable[[Any], bool]
    advice: str = _LEAVE_OUT
    is_definition: bool = False

    @property
    def as_definition(self) -> str:
        """What to do where it stands in the place of a task definition."""
        return _AS_DEFINITION.get(self.key, "name a file that holds one RegisterTaskDefinition document")


def recognized(document: Any) -> Format | None:
    """Return the format of a document, by its content; None where it may be a manifest, or anything.

    Args:
        document: Plain data; its upper four levels are enough.
    """
    if isinstance(document, Mapping):
        return next((each for each in FORMATS if each.fits(document)), None)
    if isinstance(document, list) and document and all(isinstance(each, Mapping) for each in document):
        return next((each for each in LISTS if each.fits(document)), None)
    return None


def recognized_text(text: str) -> Format | None:
    """Return the format of a text that is not YAML; None where nothing tells."""
    beginning = text[:MAX_TELLING]
    return next((each for each in TEXTS if each.fits(beginning)), None)


def _has(*keys: str) -> Callable[[Body], bool]:
    """Return whether a document has all these keys."""
    return lambda body: all(each in body for each in keys)


def _one_of(*keys: str) -> Callable[[Body], bool]:
    return lambda body: any(each in body for each in keys)


def _mapping(body: Body, key: str) -> Body:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Body]:
    """Return the mappings in a list, or among the values of a mapping."""
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [each for each in values if isinstance(each, Mapping)]


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _any_has(value: Any, *keys: str) -> bool:
    """Return whether one of several mappings has one of these keys."""
    return any(key in each for each in _mappings(value) for key in keys)


_OWN = frozenset({"image", "command", "env", "task_definition", "task_definition_arn", "launch_type"})
"""Keys of manifests that AWS documents do not have: with one of them a slip is likelier than a mix-up."""


def _without_own(fits: Callable[[Body], bool]) -> Callable[[Body], bool]:
    return lambda body: fits(body) and _OWN.isdisjoint(body)


def _is_plan(body: Body) -> bool:
    return "plan_version" in body and "jobs" in body


def _is_answer(body: Body) -> bool:
    return "containerDefinitions" in _mapping(body, "taskDefinition")


def _is_definition(body: Body) -> bool:
    containers = body.get("containerDefinitions")
    return isinstance(containers, list) and ("family" in body or _any_has(containers, "name", "image"))


_RUN_TASK = frozenset(
    {
        *("cluster", "count", "group", "launchType", "networkConfiguration", "overrides", "startedBy"),
        *("capacityProviderStrategy", "platformVersion", "placementConstraints", "placementStrategy"),
        *("enableExecuteCommand", "enableECSManagedTags", "propagateTags", "tags", "clientToken"),
        *("volumeConfigurations", "referenceId"),
    }
)
_SERVICE = frozenset({"serviceName", "desiredCount", "deploymentConfiguration", "schedulingStrategy"})


def _is_service_definition(body: Body) -> bool:
    aws = {"networkConfiguration", "loadBalancers", "launchType", "taskDefinition", "serviceArn"}
    return not _SERVICE.isdisjoint(body) and not aws.isdisjoint(body)


def _is_run_task(body: Body) -> bool:
    names_one = isinstance(body.get("taskDefinition"), str)
    return (names_one and not _RUN_TASK.isdisjoint(body)) or {"launchType", "networkConfiguration"} <= {*body}


_OF_KUSTOMIZE = frozenset(
    {
        *("resources", "bases", "components", "namespace", "namePrefix", "nameSuffix", "images", "replicas"),
        *("labels", "commonLabels", "commonAnnotations", "configMapGenerator", "secretGenerator", "crds"),
        *("generatorOptions", "generators", "transformers", "validators", "configurations", "replacements"),
        *(
            "patches",
            "patchesStrategicMerge",
            "patchesJson6902",
            "helmCharts",
            "helmGlobals",
            "buildMetadata",
        ),
    }
)
_OF_NODE: Final = ("dependencies", "devDependencies", "scripts")
_OF_PNPM: Final = frozenset({"packages", "catalog", "catalogs", "overrides", "onlyBuiltDependencies"})
_OF_DBT: Final = ("models", "sources", "seeds", "snapshots")


def _is_kustomization(body: Body) -> bool:
    lists = [each for each in ("resources", "bases", "configMapGenerator", "secretGenerator") if each in body]
    return (
        bool(lists) and all(isinstance(body[each], list) for each in lists) and body.keys() <= _OF_KUSTOMIZE
    )


def _is_ecspresso(body: Body) -> bool:
    names_files = not {"cluster", "task_definition", "service", "region"}.isdisjoint(body)
    if names_files and ("service_definition" in body or _any_has(body.get("plugins"), "name", "config")):
        return True
    return {"region", "timeout"} <= {*body} and {"image", "command"}.isdisjoint(body)


_COPILOT = re.compile(
    r"(Scheduled Job|Load Balanced Web Service|Request-Driven Web Service|Backend Service|Worker Service"
    r"|Static Site|Environment)"
)


def _is_copilot(body: Body) -> bool:
    return _COPILOT.fullmatch(_text(body, "type")) is not None


def _is_prefect_block(body: Body) -> bool:
    slugs = _text(body, "type"), _text(body, "_block_type_slug"), _text(body, "block_type_slug")
    return "ecs-task" in slugs or (any(slugs[1:]) and len(body) > 1)


def _is_prefect_deployment(body: Body) -> bool:
    if "prefect-version" in body:
        return _one_of("deployments", "name")(body)
    return ("deployments" in body and _any_has(body["deployments"], "work_pool", "entrypoint")) or (
        "work_queue_name" in body and "flow_name" in body
    )


def _is_cloudformation(body: Body) -> bool:
    types = (_text(each, "Type") for each in _mappings(body.get("Resources")))
    return {"AWSTemplateFormatVersion", "Resources"} <= {*body} or any("::" in each for each in types)


def _is_ecs_params(body: Body) -> bool:
    definition = _mapping(body, "task_definition")
    own = {"ecs_network_mode", "task_execution_role", "task_size", "services"}
    return "version" in body and ("run_params" in body or not own.isdisjoint(definition))


def _is_compose(body: Body) -> bool:
    service_keys = ("image", "build", "extends", "environment", "env_file", "ports", "depends_on", "volumes")
    return isinstance(body.get("services"), Mapping) and _any_has(body["services"], *service_keys)


def _is_chart(body: Body) -> bool:
    return _text(body, "apiVersion") in {"v1", "v2"} and "name" in body and "version" in body


def _is_chart_values(body: Body) -> bool:
    images = (_mapping(body, "image"), *(_mapping(each, "image") for each in _mappings(body)))
    return any("repository" in each for each in images)


def _is_workflow(body: Body) -> bool:
    return _any_has(body.get("jobs"), "runs-on", "uses") or (
        "on" in body and _any_has(body.get("jobs"), "steps")
    )


def _is_circleci(body: Body) -> bool:
    runs = _any_has(body.get("jobs"), "docker", "machine", "executor")
    return runs or ("version" in body and ("workflows" in body or "orbs" in body))


def _is_gitlab(body: Body) -> bool:
    scripts = any(isinstance(each.get("script"), str | list) for each in _mappings(body))
    return scripts or ("include" in body and isinstance(body.get("stages"), list))


def _is_bitbucket(body: Body) -> bool:
    return not {"default", "branches", "custom", "pull-requests"}.isdisjoint(_mapping(body, "pipelines"))


def _is_openapi(body: Body) -> bool:
    return _one_of("openapi", "swagger")(body) and _one_of("info", "paths")(body)


def _is_mkdocs(body: Body) -> bool:
    return "site_name" in body and _one_of("nav", "theme", "docs_dir", "plugins", "site_url")(body)


def _is_json_schema(body: Body) -> bool:
    return "json-schema.org" in _text(body, "$schema")


def _is_targets(body: Body) -> bool:
    target = "EcsParameters" in _mapping(body, "Target") or _any_has(body.get("Targets"), "EcsParameters")
    return target or _has("Arn", "EcsParameters")(body)


_EMBED: Final = (
    "write a manifest that says `task_definition: {file}`, beside `command:` or whatever else is to differ"
)
_KEYS_OF_RUN: Final = (
    "write a manifest: `task_definition_arn:` is its taskDefinition, `network_configuration:`, `cluster:` "
    "and `command:` are what else it says"
)
_STRAY: Final = "put what it is to run into a manifest of its own"

FORMATS: Final[tuple[Format, ...]] = (
    Format(
        "plan", "a plan that ecsplan made", ("plan_version",), _is_plan, "run it with `ecsplan apply {file}`"
    ),
    Format(
        "describe-answer",
        "an answer of DescribeTaskDefinition or RegisterTaskDefinition",
        ("taskDefinition",),
        _is_answer,
        _EMBED,
        is_definition=True,
    ),
    Format(
        "task-definition",
        "a task definition",
        ("containerDefinitions",),
        _without_own(_is_definition),
        _EMBED,
        is_definition=True,
    ),
    Format(
        "task-definition-properties",
        "a task definition with the names of CloudFormation",
        ("ContainerDefinitions",),
        lambda body: _any_has(body.get("ContainerDefinitions"), "Name", "Image"),
        "write it as RegisterTaskDefinition takes it, with names such as containerDefinitions",
    ),
    Format(
        "describe-services",
        "an answer of DescribeServices",
        ("services",),
        lambda body: _any_has(body.get("services"), "serviceArn", "serviceName"),
        "write a manifest that names the service's task definition under `task_definition_arn:`",
    ),
    Format(
        "describe-tasks",
        "an answer of RunTask or DescribeTasks",
        ("tasks",),
        lambda body: _any_has(body.get("tasks"), "taskArn", "taskDefinitionArn"),
        "write a manifest that names its taskDefinitionArn under `task_definition_arn:`",
    ),
    Format(
        "list-task-definitions",
        "an answer of ListTaskDefinitions",
        ("taskDefinitionArns",),
        lambda body: ":task-definition/" in str(body.get("taskDefinitionArns")),
        "write a manifest that names one of them under `task_definition_arn:`",
    ),
    Format(
        "ecs-service",
        "the definition of an ECS service",
        tuple(sorted(_SERVICE)),
        _without_own(_is_service_definition),
        "a manifest runs a job, not a service; its task definition can be named under `task_definition_arn:`",
    ),
    Format("run-task", "the input of RunTask", ("taskDefinition",), _without_own(_is_run_task), _KEYS_OF_RUN),
    Format(
        "eventbridge-target",
        "an EventBridge target",
        ("EcsParameters", "Target", "Targets"),
        _is_targets,
        _KEYS_OF_RUN,
    ),
    Format(
        "cloudformation",
        "a CloudFormation template",
        ("AWSTemplateFormatVersion", "Resources"),
        _is_cloudformation,
    ),
    Format(
        "appspec",
        "an AppSpec file of CodeDeploy",
        ("Resources", "version"),
        lambda body: isinstance(body.get("Resources"), list) or ("hooks" in body and "os" in body),
    ),
    Format("buildspec", "a buildspec of CodeBuild", ("phases",), _has("version", "phases")),
    Format("copilot", "a service or job of AWS Copilot", ("type",), _is_copilot, _PER_JOB),
    Format(
        "ecs-params", "an ecs-params.yml of the ECS CLI", ("version", "run_params"), _is_ecs_params, _PER_JOB
    ),
    Format(
        "prefect-work-pool",
        "a base job template of a Prefect work pool",
        ("job_configuration",),
        _has("job_configuration", "variables"),
        _PER_JOB,
    ),
    Format(
        "prefect-block",
        "a Prefect block",
        ("type", "_block_type_slug", "block_type_slug"),
        _is_prefect_block,
        "its keys are those of a manifest, except for the block's own and aws_credentials: leave these out",
    ),
    Format(
        "prefect-deployment",
        "a Prefect deployment",
        ("prefect-version", "deployments", "work_queue_name"),
        _is_prefect_deployment,
    ),
    Format("kubernetes", "a Kubernetes resource", ("apiVersion",), _has("apiVersion", "kind"), _PER_JOB),
    Format("helm-chart", "the Chart.yaml of a Helm chart", ("apiVersion",), _is_chart),
    Format(
        "kustomization",
        "a Kustomize file",
        ("resources", "bases", "configMapGenerator", "secretGenerator", "namespace"),
        _is_kustomization,
    ),
    Format(
        "deployfish",
        "a configuration of deployfish",
        ("services", "tasks"),
        lambda body: any(_any_has(body.get(each), "family", "containers") for each in ("services", "tasks")),
        _PER_JOB,
    ),
    Format("docker-compose", "a Docker Compose file", ("services",), _is_compose, _PER_JOB),
    Format(
        "ecspresso",
        "a configuration of ecspresso",
        ("service_definition", "plugins", "region"),
        _is_ecspresso,
        "write a manifest that says `task_definition:` with the definition file that it names",
    ),
    Format("circleci", "a CircleCI configuration", ("workflows", "orbs", "jobs"), _is_circleci),
    Format("github-workflow", "a GitHub workflow", ("on", "jobs"), _is_workflow),
    Format(
        "github-action",
        "a GitHub action",
        ("runs",),
        lambda body: "using" in _mapping(body, "runs"),
    ),
    Format("dependabot", "a Dependabot configuration", ("updates",), _has("version", "updates")),
    Format("bitbucket", "a Bitbucket pipeline", ("pipelines",), _is_bitbucket),
    Format(
        "azure-pipeline",
        "an Azure pipeline",
        ("trigger", "pool", "steps"),
        lambda body: ("trigger" in body or "pool" in body) and _one_of("steps", "jobs", "stages")(body),
    ),
    Format("gitlab-ci", "a GitLab pipeline", ("stages", "include"), _is_gitlab),
    Format("helm-values", "the values of a Helm chart", ("image",), _is_chart_values, _PER_JOB),
    Format(
        "serverless",
        "a configuration of the Serverless Framework",
        ("functions",),
        _has("provider", "functions"),
    ),
    Format(
        "state-machine", "a state machine of Step Functions", ("States",), _has("StartAt", "States"), _STRAY
    ),
    Format(
        "batch-job",
        "a job definition of AWS Batch",
        ("jobDefinitionName", "containerProperties"),
        lambda body: "jobDefinitionName" in body and _one_of("type", "containerProperties")(body),
        _PER_JOB,
    ),
    Format(
        "iam-policy",
        "an IAM policy",
        ("Statement",),
        lambda body: "Statement" in body and _one_of("Version", "Id")(body),
    ),
    Format(
        "terraform",
        "a Terraform configuration or state",
        ("terraform", "resource", "terraform_version"),
        lambda body: (
            any(each.startswith("aws_") for each in _mapping(body, "resource"))
            or _has("terraform_version", "version")(body)
        ),
    ),
    Format(
        "pre-commit",
        "a pre-commit configuration",
        ("repos",),
        lambda body: _any_has(body.get("repos"), "hooks"),
    ),
    Format("openapi", "an OpenAPI description", ("openapi", "swagger"), _is_openapi),
    Format("json-schema", "a JSON Schema", ("$schema",), _is_json_schema),
    Format("mkdocs", "a MkDocs configuration", ("site_name",), _is_mkdocs),
    Format(
        "taskfile",
        "a Taskfile",
        ("tasks",),
        lambda body: "version" in body and _any_has(body.get("tasks"), "cmds"),
    ),
    Format(
        "node-package",
        "a package.json",
        ("scripts", "dependencies"),
        lambda body: (
            "name" in body
            and any(_mapping(body, each) or body.get(each) == {} for each in _OF_NODE)
            and _OWN.isdisjoint(body)
        ),
    ),
    Format(
        "pnpm",
        "a workspace or lock file of pnpm",
        ("lockfileVersion", "packages"),
        lambda body: "lockfileVersion" in body or (body.keys() <= _OF_PNPM and "packages" in body),
    ),
    Format(
        "conda",
        "an environment of conda",
        ("channels", "dependencies"),
        lambda body: isinstance(body.get("dependencies"), list) and _one_of("channels", "name")(body),
    ),
    Format(
        "dbt",
        "a dbt project or its models",
        ("config-version", "models", "sources"),
        lambda body: (
            _has("profile", "config-version")(body)
            or ("version" in body and any(_any_has(body.get(each), "columns", "tables") for each in _OF_DBT))
        ),
    ),
)
"""Documents that are mappings, the surest signs first."""

LISTS: Final[tuple[Format, ...]] = (
    Format(
        "task-definitions",
        "a list of task definitions",
        (),
        lambda items: _any_has(items, "containerDefinitions", "taskDefinition"),
        "write each into a file of its own, and name it in a manifest under `task_definition:`",
    ),
    Format(
        "image-definitions",
        "an imagedefinitions.json of CodePipeline",
        (),
        lambda items: all({"name", "imageUri"} <= {*each} for each in items),
    ),
    Format(
        "container-definitions",
        "a list of container definitions",
        (),
        lambda items: all({"name", "image"} <= {*each} for each in items),
        "put it under `containerDefinitions` in a task definition",
    ),
    Format(
        "ansible-playbook",
        "an Ansible playbook",
        (),
        lambda items: _any_has(items, "hosts", "import_playbook", "ansible.builtin.import_playbook"),
    ),
    Format(
        "ansible-tasks", "a list of Ansible tasks", (), lambda items: all("name" in each for each in items)
    ),
)
"""Documents that are lists of mappings."""


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda text: compiled.search(text) is not None


TEXTS: Final[tuple[Format, ...]] = (
    Format(
        "helm-template",
        "a template of a Helm chart",
        (),
        _matches(
            r"\{\{-?\s*(?:(?:if|else|range|with|end|include|define|template|toYaml|tpl)\b"
            r"|\(?\$?\.(?:Values|Release|Chart|Files|Capabilities|Template)\b|/\*)"
        ),
    ),
    Format(
        "jinja-template",
        "a Jinja template",
        (),
        _matches(r"\{%-?\s*(?:if|for|set|block|extends|include|macro|import|from|raw)\b"),
        "render it first; ecsplan fills in no placeholders",
    ),
    Format(
        "terraform-source",
        "a Terraform configuration",
        (),
        _matches(
            r'^(?:(?:resource|data|variable|module|provider|output) "[^"\n]+"|terraform|locals)[^\n]*\{\s*$'
        ),
    ),
    Format("dockerfile", "a Dockerfile", (), _matches(r"\A(?:\s*#[^\n]*\n|\s*ARG [^\n]*\n|\s)*FROM \S+")),
    Format("python", "Python source", (), _matches(r"^(?:from [\w.]+ import [\w(*]|import \w+$|def \w+\()")),
    Format("shell", "a shell script", (), _matches(r"\A#!.*\b(?:ba|da|z|k)?sh\b")),
)
"""Texts that are not YAML."""

_AS_DEFINITION: Final[Mapping[str, str]] = {
    "task-definitions": "keep the definition of this job in a file of its own",
    "container-definitions": "put the list under `containerDefinitions`, beside a `family`",
    "run-task": "its taskDefinition belongs under `task_definition_arn:` of the manifest",
    "describe-services": "name the service's task definition under `task_definition_arn:`",
    "describe-tasks": "name the task's definition under `task_definition_arn:`",
    "ecs-service": "name the service's task definition under `task_definition_arn:`",
    "ecspresso": "name the definition file that it names",
}
