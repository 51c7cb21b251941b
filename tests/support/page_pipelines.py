"""The pipelines of docs/pipelines.md: their files, and what their jobs hand to a shell.

A job is read as its system carries it out: which commands share a shell, which shell that is, and with which
variables. Sources: the pages that docs/pipelines.md names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from composite_action import condition, expanded
from places import ROOT
from ruamel.yaml import YAML

PAGE = (ROOT / "docs/pipelines.md").read_text("utf-8")
_BLOCK = re.compile(
    r"^```(?:yaml|groovy)\n(?:#|//) (?P<name>\S+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE
)
FILES = {each["name"]: each["text"] for each in _BLOCK.finditer(PAGE)}
"""The files, by the names in their first lines."""
BASH = ("bash", "-eo", "pipefail", "-c")
SH = ("sh", "-ec")


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell that a job starts: its command line, and what it is handed."""

    command: tuple[str, ...]
    script: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline whose first job makes a plan and whose second one applies it.

    Attributes:
        plan: The shells of the first job.
        kept: What it keeps for the second one.
        apply: The shells of the second job.
        result: What that keeps.
    """

    plan: tuple[Shell, ...]
    kept: tuple[str, ...]
    apply: tuple[Shell, ...]
    result: tuple[str, ...]

    def scripts(self) -> Iterator[tuple[str, str]]:
        """Yield the name of the shell and the text of each script."""
        for each in (*self.plan, *self.apply):
            yield each.command[0], each.script


def document(name: str) -> dict[str, Any]:
    """Return a file of the page that is YAML."""
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(FILES[name])
    return found


def github(contexts: Mapping[str, Any]) -> Pipeline:
    """Return the workflow without the action; `uses` steps are left to the caller.

    Args:
        contexts: `github` and so on, for conditions and variables.
    """
    jobs = document(".github/workflows/jobs-by-hand.yml")["jobs"]
    return Pipeline(
        tuple(_github_shells(jobs["plan"], contexts)),
        _uploaded(jobs["plan"]),
        tuple(_github_shells(jobs["apply"], contexts)),
        _uploaded(jobs["apply"]),
    )


def region_of(job: Mapping[str, Any]) -> str:
    """Return the region for which a job of a workflow logs in."""
    (login,) = [each for each in job["steps"] if "configure-aws-credentials" in each.get("uses", "")]
    return str(login["with"]["aws-region"])


def _github_shells(job: Mapping[str, Any], contexts: Mapping[str, Any]) -> Iterator[Shell]:
    for step in job["steps"]:
        if "run" in step and condition(step.get("if", "true"), contexts):
            variables = {**job.get("env", {}), **step.get("env", {}), "AWS_REGION": region_of(job)}
            shown = {name: expanded(str(value), contexts) for name, value in variables.items()}
            # Without `shell`, a workflow's bash has no pipefail.
            yield Shell(("bash", "-e", "-c"), step["run"], shown)


def _uploaded(job: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(each["with"]["path"] for each in job["steps"] if "upload-artifact" in each.get("uses", ""))


def gitlab() -> Pipeline:
    """Return the pipeline of GitLab: `before_script` and `script` share a shell."""
    whole = document(".gitlab-ci.yml")

    def shells(job: Mapping[str, Any]) -> tuple[Shell, ...]:
        lines = [*whole["default"]["before_script"], *job["script"]]
        return (Shell(BASH, "\n".join(lines), {**whole["variables"], **job["variables"]}),)

    return Pipeline(
        shells(whole["plan"]),
        tuple(whole["plan"]["artifacts"]["paths"]),
        shells(whole["apply"]),
        tuple(whole["apply"]["artifacts"]["paths"]),
    )


def codebuild() -> Pipeline:
    """Return the two buildspecs: all phases share a shell."""
    plan, apply = (document(f"buildspec-{name}.yml") for name in ("plan", "apply"))

    def shells(whole: Mapping[str, Any]) -> tuple[Shell, ...]:
        lines = [line for phase in ("install", "build") for line in whole["phases"][phase]["commands"]]
        return (Shell(SH, "\n".join(lines), whole.get("env", {}).get("variables", {})),)

    return Pipeline(shells(plan), tuple(plan["artifacts"]["files"]), shells(apply), ("result.json",))


def circleci() -> Pipeline:
    """Return the pipeline of CircleCI: each `run` is a shell of its own."""
    jobs = document(".circleci/config.yml")["jobs"]

    def shells(job: Mapping[str, Any]) -> tuple[Shell, ...]:
        commands = [each["run"] for each in job["steps"] if isinstance(each, dict) and "run" in each]
        variables = {
            name: value.replace("<< pipeline.id >>", "0e5fb6f7-5b9d-4bb6-8f4c-0cd0d8e8a3a5")
            for name, value in job["environment"].items()
        }
        return tuple(Shell(BASH, each, variables) for each in commands)

    def step(job: str, kind: str) -> Mapping[str, Any]:
        (found,) = [each[kind] for each in jobs[job]["steps"] if kind in each]
        return dict(found)

    kept = step("plan", "persist_to_workspace")["paths"]
    result = step("apply", "store_artifacts")["path"]
    return Pipeline(shells(jobs["plan"]), tuple(kept), shells(jobs["apply"]), (result,))


def bitbucket() -> Pipeline:
    """Return the pipeline of Bitbucket: the lines of a step share a shell."""
    plan, apply = (
        each["step"] for each in document("bitbucket-pipelines.yml")["pipelines"]["branches"]["main"]
    )

    def shells(step: Mapping[str, Any]) -> tuple[Shell, ...]:
        return (Shell(BASH, "\n".join(step["script"]), {}),)

    (result,) = apply["artifacts"]["upload"]
    return Pipeline(shells(plan), tuple(plan["artifacts"]), shells(apply), tuple(result["paths"]))


def jenkins() -> Pipeline:
    """Return the pipeline of Jenkins: each `sh` is a shell of its own, and all stages share a workspace."""
    text = FILES["Jenkinsfile"]
    before = text.partition("stages {")[0]
    stages = dict(zip(re.findall(r"stage\('(\w+)'\)", text), text.split("stage('")[1:], strict=True))

    def shells(stage: str) -> tuple[Shell, ...]:
        scripts = re.findall(r"^ +sh '(.*)'$", stages[stage], re.MULTILINE)
        variables = re.findall(r"^ +([A-Z_]+) = '([^']*)'$", f"{before}\n{stages[stage]}", re.MULTILINE)
        return tuple(Shell(SH, each, dict(variables)) for each in scripts)

    (kept,) = re.findall(r"archiveArtifacts artifacts: '([^']*)'\n", text)
    return Pipeline(shells("Plan"), tuple(kept.split(", ")), shells("Apply"), ("result.json",))
