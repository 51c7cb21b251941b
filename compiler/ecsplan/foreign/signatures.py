"""Predicates that recognize documents of other tools by their keys.

Their members are of any type, since nothing has validated these documents.
"""

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from ecsplan.terms.observed import Body


def has(*keys: str) -> Callable[[Body], bool]:
    """Return the predicate that a document has all these keys."""
    return lambda body: all(each in body for each in keys)


def one_of(*keys: str) -> Callable[[Body], bool]:
    """Return the predicate that a document has at least one of these keys."""
    return lambda body: any(each in body for each in keys)


def mapping(body: Body, key: str) -> Body:
    """Return the mapping at a key; an empty one where there is none."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Body]:
    """Return the mappings in a list or among the values of a mapping; [] for any other value."""
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [each for each in values if isinstance(each, Mapping)]


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def any_has(value: Any, *keys: str) -> bool:
    """Return whether a mapping in this list or mapping has at least one of these keys."""
    return any(key in each for each in _mappings(value) for key in keys)


def found_nothing(body: Mapping[str, Any], member: str) -> bool:
    """Return whether this is an answer of ECS that describes none of what was asked for, and says why."""
    return body.get(member) == [] and any_has(body.get("failures"), "arn", "reason")


_BEFORE: Final = (
    r"(?:[^\n#]{0,300}?(?:;|&&|\|\||\{[ \t]|\$\(|\s--[ \t]|\s-[a-z]{0,4}c[ \t]+[\"']?))?[ \t]*"
    r"(?:(?:if|elif|then|else|while|until|do|!)[ \t]+|eval[ \t]+[\"']?){0,4}"
)
"""What stands before a command on its line: other commands, and words of the shell."""
_AROUND: Final = (
    r"(?:(?:export |local )?\w+=(?:[\"']?(?:\$\(|`) *|[\"']?(?=(?:/[\w./-]*/)?aws\s))|\w+=[^\s\"'$()]* +"
    r"|(?:sudo|exec|time|env|nohup|nice|timeout)"
    r"(?=(?P<options>(?: -[un] \S+| -\S+| [\d.]+[smhd]?){0,8}))(?P=options) +){0,8}"
)
"""Assignments, the beginning of `NAME=$(`, and commands that run the one after them.

The options are looked ahead at, and so never tried in another way. A possessive `{0,8}+` would say the
same, but Python before 3.11.5 is wrong about one whose inside can be tried again (python/cpython#106052).
"""
_AWS: Final = r"(?:(?:/[\w./-]*/)?aws|[\"']?\$\{?AWS\w*\}?[\"']?|[^\n#]{0,300}/aws-cli(?::[\w.-]+)?)"
"""The CLI itself, a variable that stands for it, or its image with words of Docker before it."""
_UP_TO_ECS: Final = rf"{_BEFORE}{_AROUND}{_AWS} (?:(?:--[\w-]+(?:=\S+)?|\S+) ){{0,6}}?"
"""A line that calls the AWS CLI, up to the name of the service, with single blanks in it."""
_OPERATION: Final = r"\becs[\s\\]+(?:run-task|register-task-definition)\b"
_MAX_OPERATIONS: Final = 20
_MAX_LINE: Final = 500
"""Bounds of what is looked at: how many mentions of an operation, and how many characters before each."""


def calls_aws(text: str) -> bool:
    """Return whether a text has a line that calls the AWS CLI to run a task or register a definition."""
    mentions = islice(re.finditer(_OPERATION, text), _MAX_OPERATIONS)
    return any(re.fullmatch(_UP_TO_ECS, _line_before(text, each.start())) for each in mentions)


def _line_before(text: str, end: int) -> str:
    """Return a line up to a place in it, with those that it continues; each run of blanks is one."""
    beginning = max(0, end - _MAX_LINE)
    *_, line = text[beginning:end].replace("\\\r\n", " ").replace("\\\n", " ").split("\n")
    return f"{' '.join(line.split())} ".removeprefix(" ")


def is_aws_call(body: Body) -> bool:
    """Return whether a document is a shell line: one with `: ` in its JSON is a mapping in YAML."""
    return any(calls_aws(str(each)) for each in body)


OWN = frozenset({"image", "command", "env", "task_definition", "task_definition_arn", "launch_type"})
"""Keys of manifests that AWS documents do not have: with one of them, a mistyped manifest is more likely."""


def without_own(fits: Callable[[Body], bool]) -> Callable[[Body], bool]:
    """Return the predicate narrowed to documents without keys of a manifest."""
    return lambda body: fits(body) and OWN.isdisjoint(body)


def is_plan(body: Body) -> bool:
    """Return whether a document is an ecsplan plan."""
    return "plan_version" in body and "jobs" in body


def is_answer(body: Body) -> bool:
    """Return whether a document is a response that contains a task definition."""
    return "containerDefinitions" in mapping(body, "taskDefinition")


def is_definition(body: Body) -> bool:
    """Return whether a document is a RegisterTaskDefinition document."""
    containers = body.get("containerDefinitions")
    return isinstance(containers, list) and ("family" in body or any_has(containers, "name", "image"))


# A `taskDefinition` is also in descriptions of tasks and services, with other members beside it than these.
_RUN_TASK = frozenset(
    {
        *("cluster", "count", "group", "launchType", "networkConfiguration", "overrides", "startedBy"),
        *("capacityProviderStrategy", "platformVersion", "placementConstraints", "placementStrategy"),
        *("enableExecuteCommand", "enableECSManagedTags", "propagateTags", "tags", "clientToken"),
        *("volumeConfigurations", "referenceId"),
    }
)
SERVICE = frozenset({"serviceName", "desiredCount", "deploymentConfiguration", "schedulingStrategy"})


def is_service_definition(body: Body) -> bool:
    """Return whether a document is a CreateService request or a described service."""
    aws = {"networkConfiguration", "loadBalancers", "launchType", "taskDefinition", "serviceArn"}
    if len(body) == 1 and (aws | SERVICE | {"capacityProviderStrategy"}) & mapping(body, "service").keys():
        return True
    return not SERVICE.isdisjoint(body) and not aws.isdisjoint(body)


def is_run_task(body: Body) -> bool:
    """Return whether a document is a RunTask request."""
    named = body.get("taskDefinition")
    if isinstance(named, str) and (
        not _RUN_TASK.isdisjoint(body) or (len(body) == 1 and not _is_file(named))
    ):
        return True
    return {"launchType", "networkConfiguration"} <= {*body}


def _is_file(named: str) -> bool:
    """Return whether a name is that of a file, which a manifest has under `task_definition`."""
    return named.endswith((".json", ".yaml", ".yml"))


# All keys of a kustomization. `resources` and `images` are common words, so only a document that has no other
# key than these is recognized.
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
OF_NODE: Final = ("dependencies", "devDependencies", "scripts")
OF_PNPM: Final = frozenset({"packages", "catalog", "catalogs", "overrides", "onlyBuiltDependencies"})
OF_DBT: Final = ("models", "sources", "seeds", "snapshots")


def is_kustomization(body: Body) -> bool:
    """Return whether a document is a Kustomize file."""
    lists = [each for each in ("resources", "bases", "configMapGenerator", "secretGenerator") if each in body]
    return (
        bool(lists) and all(isinstance(body[each], list) for each in lists) and body.keys() <= _OF_KUSTOMIZE
    )


_OF_ECSPRESSO: Final = frozenset(
    {
        *("required_version", "region", "cluster", "service", "task_definition", "timeout", "plugins"),
        *("service_definition", "appspec", "codedeploy", "filter_command", "ignore"),
    }
)


def is_ecspresso(body: Body) -> bool:
    """Return whether a document is an ecspresso configuration."""
    if "region" in body and body.keys() <= _OF_ECSPRESSO and _text(body, "task_definition"):
        return True
    names_files = not {"cluster", "task_definition", "service", "region"}.isdisjoint(body)
    if names_files and ("service_definition" in body or any_has(body.get("plugins"), "name", "config")):
        return True
    return {"region", "timeout"} <= {*body} and {"image", "command"}.isdisjoint(body)


_COPILOT = re.compile(
    r"(Scheduled Job|Load Balanced Web Service|Request-Driven Web Service|Backend Service|Worker Service"
    r"|Static Site|Environment)"
)


def is_copilot(body: Body) -> bool:
    """Return whether a document is an AWS Copilot manifest."""
    return _COPILOT.fullmatch(_text(body, "type")) is not None


POOLS_TEMPLATE: Final = "base_job_template"
"""The member of a work pool, as Prefect's API describes it, that holds its template."""


def is_work_pool(body: Body) -> bool:
    """Return whether a document is the base job template of a Prefect work pool, or a pool that has one."""
    return any(
        {"job_configuration", "variables"} <= {*each} for each in (body, mapping(body, POOLS_TEMPLATE))
    )


def is_prefect_block(body: Body) -> bool:
    """Return whether a document is a Prefect block."""
    slugs = _text(body, "type"), _text(body, "_block_type_slug"), _text(body, "block_type_slug")
    documented = "data" in body and bool(_text(mapping(body, "block_type"), "slug"))
    return "ecs-task" in slugs or documented or (any(slugs[1:]) and len(body) > 1)


def is_prefect_deployment(body: Body) -> bool:
    """Return whether a document is a Prefect deployment."""
    if "prefect-version" in body:
        return one_of("deployments", "name")(body)
    return ("deployments" in body and any_has(body["deployments"], "work_pool", "entrypoint")) or (
        "work_queue_name" in body and "flow_name" in body
    )


def is_cloudformation(body: Body) -> bool:
    """Return whether a document is a CloudFormation template."""
    types = (_text(each, "Type") for each in _mappings(body.get("Resources")))
    return {"AWSTemplateFormatVersion", "Resources"} <= {*body} or any("::" in each for each in types)


def is_ecs_params(body: Body) -> bool:
    """Return whether a document is an ecs-params.yml of the ECS CLI."""
    definition = mapping(body, "task_definition")
    own = {"ecs_network_mode", "task_execution_role", "task_size", "services"}
    return "version" in body and ("run_params" in body or not own.isdisjoint(definition))


_OF_INCLUDING: Final = frozenset({"name", "version", "include", "networks", "volumes", "secrets", "configs"})
"""Keys of a Compose file that has all of its services from others."""


def is_compose(body: Body) -> bool:
    """Return whether a document is a Docker Compose file."""
    if body.keys() <= _OF_INCLUDING and isinstance(body.get("include"), list):
        return all(isinstance(each, str) or any_has([each], "path") for each in body["include"])
    service_keys = ("image", "build", "extends", "environment", "env_file", "ports", "depends_on", "volumes")
    return isinstance(body.get("services"), Mapping) and any_has(body["services"], *service_keys)


def is_chart(body: Body) -> bool:
    """Return whether a document is a Chart.yaml."""
    return _text(body, "apiVersion") in {"v1", "v2"} and "name" in body and "version" in body


def is_chart_values(body: Body) -> bool:
    """Return whether a document is the values of a Helm chart."""
    images = (mapping(body, "image"), *(mapping(each, "image") for each in _mappings(body)))
    return any("repository" in each for each in images)


def is_workflow(body: Body) -> bool:
    """Return whether a document is a GitHub workflow."""
    return any_has(body.get("jobs"), "runs-on", "uses") or (
        "on" in body and any_has(body.get("jobs"), "steps")
    )


def is_circleci(body: Body) -> bool:
    """Return whether a document is a CircleCI configuration."""
    runs = any_has(body.get("jobs"), "docker", "machine", "executor")
    return runs or ("version" in body and ("workflows" in body or "orbs" in body))


def is_gitlab(body: Body) -> bool:
    """Return whether a document is a GitLab pipeline."""
    scripts = any(isinstance(each.get("script"), str | list) for each in _mappings(body))
    return scripts or ("include" in body and isinstance(body.get("stages"), list))


def is_bitbucket(body: Body) -> bool:
    """Return whether a document is a Bitbucket pipeline."""
    return not {"default", "branches", "custom", "pull-requests"}.isdisjoint(mapping(body, "pipelines"))


def is_openapi(body: Body) -> bool:
    """Return whether a document is an OpenAPI description."""
    return one_of("openapi", "swagger")(body) and one_of("info", "paths")(body)


def is_mkdocs(body: Body) -> bool:
    """Return whether a document is a MkDocs configuration."""
    return "site_name" in body and one_of("nav", "theme", "docs_dir", "plugins", "site_url")(body)


def is_json_schema(body: Body) -> bool:
    """Return whether a document is a JSON Schema."""
    return "json-schema.org" in _text(body, "$schema")


def is_targets(body: Body) -> bool:
    """Return whether a document is an EventBridge target that runs an ECS task, or has one in it."""
    target = mapping(body, "Target")
    runs_task = "EcsParameters" in target or _text(target, "Arn").endswith(":aws-sdk:ecs:runTask")
    return runs_task or any_has(body.get("Targets"), "EcsParameters") or has("Arn", "EcsParameters")(body)
