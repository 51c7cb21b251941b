"""The manifest of an AWS Copilot job.

Facts: aws.github.io/copilot-cli, "Scheduled Job" manifest, and the templates that Copilot makes of it
(aws/copilot-cli, internal/pkg/template/templates/workloads).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ecsplan_convert.compose.container import WRONG_TYPE
from ecsplan_convert.compose.env_files import env_files
from ecsplan_convert.copilot import places, task
from ecsplan_convert.copilot.overrides import role_overrides, taskdef_overrides
from ecsplan_convert.copilot.table import TABLE, UNSUPPORTED
from ecsplan_convert.images import is_image
from ecsplan_convert.job_draft import JobDraft, shown
from ecsplan_convert.source import ConversionError, Source, SourceJobs

__all__ = ["TABLE", "read"]

_JOB: Final = "Scheduled Job"
_ROOT: Final = "../../"
"""The workspace, from the folder of a manifest (`copilot/NAME/`); Copilot's paths are relative to it."""
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MAX_DEPTH: Final = 20
_BUILT: Final = (
    "nothing is built; Copilot pushes the image to the repository APP/NAME of ECR, from which ECS pulls it"
    " with an `execution_role_arn`"
)
_FROM_DEPLOYED: Final = "`ecsplan init APP-ENV-NAME` converts the task definition that Copilot has deployed"

_RULES: Final = {
    "image": task.image,
    "entrypoint": task.entrypoint,
    "command": task.command,
    "platform": task.platform,
    "variables": task.variables,
    "network": places.network,
    "count": task.count,
    "timeout": task.timeout,
    "on": task.trigger,
    "schedule": task.trigger,
    "storage": places.storage,
    "logging": task.logging,
    "taskdef_overrides": taskdef_overrides,
    "secrets": task.secrets,
    "exec": task.execute,
}
"""What a member becomes; the last ones look at what those before them made."""
_READ: Final = frozenset({"name", "type", "cpu", "memory", "retries", "env_file", "environments", *_RULES})


def read(source: Source) -> SourceJobs:
    """Return the job of a manifest of Copilot.

    Raises:
        ConversionError: The manifest is that of a service, a site, or an environment, or has no image.
    """
    document = source.document
    if not isinstance(document, Mapping):
        raise ConversionError("this is not a Copilot manifest", help="name the manifest of a Copilot job")
    _refuse_others(document.get("type"))
    name = document.get("name")
    draft = JobDraft(name.strip() if isinstance(name, str) and name.strip().isprintable() else "")
    members = _without_placeholders(draft, document)
    role_overrides(draft, members.get("taskdef_overrides"))
    unknown = _image(draft, document, members)
    task.size(draft, members)
    task.retries(draft, members)
    for member, rule in _RULES.items():
        if members.get(member) is not None:
            rule(draft, members[member])
    if unknown is not None and "image" not in draft.keys:
        draft.open_image(*unknown)
    draft.hold_back_image()
    if members.get("logging") is None:
        task.logging(draft, {})
    env_files(draft, members.get("env_file"), source, _ROOT)
    _environments(draft, document.get("environments"))
    _other_members(draft, members)
    draft.notes.append(
        "what Copilot takes from the environment is not in the file: set `cluster`, `subnets`,"
        f" `security_groups`, `execution_role_arn` and `task_role_arn`; {_FROM_DEPLOYED}"
    )
    return SourceJobs((draft.job(),))


def _refuse_others(kind: Any) -> None:
    if kind == _JOB:
        return
    what = kind if isinstance(kind, str) and kind.strip() else "no known type"
    helps = {
        "Environment": "name the manifest of a job, `copilot/NAME/manifest.yml`",
        "Static Site": "name the manifest of a job; a site runs no containers",
        "Request-Driven Web Service": "it runs on App Runner; name the manifest of a job",
    }
    help_text = helps.get(
        what,
        "a job with `service: NAME` and `cluster: NAME` runs like it: `ecsplan init service:CLUSTER/NAME`",
    )
    raise ConversionError(f"this is the manifest of a {shown(what)}, not of a {_JOB}", help=help_text)


def _image(draft: JobDraft, document: Mapping[str, Any], members: dict[str, Any]) -> tuple[str, str] | None:
    """Add the image; where it is not known, return the member that would name it, and why not."""
    image = members.get("image")
    location = image.get("location") if isinstance(image, Mapping) else image
    if isinstance(location, str) and is_image(location):
        draft.keys["image"] = location.strip()
        return None
    written = document.get("image")
    names = _names_in(written.get("location") if isinstance(written, Mapping) else written)
    if names:
        return "image.location", f"Copilot takes ${{{names[0]}}} from the shell"
    if isinstance(image, Mapping) and image.get("build") is not None:
        return "image.build", _BUILT
    raise ConversionError("the manifest has no image", help=f"write `image.location`, or {_FROM_DEPLOYED}")


def _names_in(value: Any) -> list[str]:
    return _VARIABLE.findall(value) if isinstance(value, str) else []


def _without_placeholders(draft: JobDraft, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members without values that hold a `${NAME}`, which only Copilot knows."""
    left_out: dict[str, list[str]] = {}
    members = {
        str(member): _kept(str(member), value, left_out, _MAX_DEPTH)
        for member, value in document.items()
        if member != "environments"
    }
    if left_out:
        names = dict.fromkeys(name for each in left_out.values() for name in each)
        listed = ", ".join(f"${{{each}}}" for each in names)
        draft.note([*left_out], f"left out, since Copilot puts in {listed} when it deploys; write the value")
    return members


def _kept(path: str, value: Any, left_out: dict[str, list[str]], depth: int) -> Any:
    """Return a value without parts that hold a placeholder; None where all of it does."""
    if isinstance(value, str):
        names = _names_in(value)
        if names:
            left_out[path] = names
        return None if names else value
    if not isinstance(value, Mapping | list) or not depth:
        return value if depth or not isinstance(value, Mapping | list) else None
    if isinstance(value, Mapping):
        kept = {str(key): _kept(f"{path}.{key}", each, left_out, depth - 1) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each is not None or value.get(key) is None}
    # A list of which one item is not known is not known: a command without an argument is another one.
    before = len(left_out)
    items = [_kept(f"{path}[{index}]", each, left_out, depth - 1) for index, each in enumerate(value)]
    return items if len(left_out) == before else None


def _environments(draft: JobDraft, value: Any) -> None:
    """Note what differs between the environments."""
    if value is None:
        return
    if not isinstance(value, Mapping):
        draft.note("environments", WRONG_TYPE)
        return
    for name, overrides in value.items():
        if isinstance(overrides, Mapping) and overrides:
            members = ", ".join(f"`{shown(each)}`" for each in overrides)
            draft.note(
                f"environments.{name}",
                f"its {members} were not taken; write a manifest for it, or use `variables` or `--set`",
            )


def _other_members(draft: JobDraft, members: Mapping[str, Any]) -> None:
    for member, value in members.items():
        if member not in _READ and value not in (None, {}, [], False):
            draft.note(member, UNSUPPORTED.get(member, "has no counterpart in a manifest"))
