"""Translate errors of podman, docker and this machine into the reasons that Fargate's agent reports.

The wording for each cause is taken from public reports of tasks on platform version 1.4.0.
"""

import re

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
"""The reason of a container killed for exceeding its memory limit (aws/amazon-ecs-agent#1187)."""

ENGINE_PREFIXES = ("Error: ", "docker: ", 'time="')
"""Prefixes of lines that come from the engine and not from the container."""

_PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
_START = "CannotStartContainerError: ResourceInitializationError: "
_TASK = "failed to create new container runtime task: failed to create shim task: OCI runtime create failed: "
"""Seen around what runc says (aws/amazon-ecs-agent#2954; nextflow-io/nextflow#5657)."""

_PREFIXES = re.compile(
    r"(docker|Error|Error response from daemon|runc|OCI runtime (create failed|error)"
    r"|unable to start container [0-9a-f\"]+|failed to create (shim task|task for container)): ",
    re.IGNORECASE,
)
_SUFFIXES = re.compile(
    r"(: unknown|: OCI (runtime attempted|permission denied|not found|runtime error).*)?\.?$"
)
_CRUN = re.compile(r"^crun: (?:executable file|open executable:?|exec:?) [`'\"]?([^`'\"]+)[`'\"]?(.*)$")


_SYSTEM_ERRORS = frozenset({"permission denied", "exec format error", "is a directory"})
"""Errors of the operating system that Go, and so Fargate, writes in lower case."""


def pull_failure(engine: str, image: str, platform: str, output: str) -> str:
    """Return the reason why an image could not be pulled.

    Args:
        engine: `podman` or `docker`.
        image: The image's name with its registry.
        platform: Such as `linux/arm64`.
        output: What the engine printed.
    """
    text = _last_error(output)
    lower = text.lower()
    if "no space left on device" in lower:
        return (
            f"CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer: {text}"
        )
    if "toomanyrequests" in lower or "rate limit" in lower:
        return f"CannotPullContainerError: {text}"
    if re.search(r"no (image found|matching manifest|child with platform)|match.{0,20}platform", lower):
        return f"{_PULL}image Manifest does not contain descriptor matching platform '{platform}'"
    resolve = f"{_PULL}failed to resolve ref {image}: "
    if re.search(r"denied|unauthorized|forbidden|authentication required|\b40[13]\b", lower):
        return (
            f"{resolve}pull access denied, repository does not exist or may require authorization:"
            " server message: insufficient_scope: authorization failed"
        )
    if re.search(r"manifest unknown|name unknown|repository name not known|(?<!host )not found", lower):
        return f"{resolve}{image}: not found"
    # The suffix tells the applier that this machine's network failed: advice about VPCs would not help.
    return f"{resolve}failed to do request: {text} ({engine} pull on this machine)"


def start_failure(output: str) -> str:
    """Return the reason why a container could not be started, from the output of its engine."""
    text = _last_error(output)
    found = _CRUN.match(text)
    if found is not None:
        return command_failure(found.group(1), found.group(2))
    if re.search(r"\brunc\b|\bcrun\b|container process|\bexec:", text):
        return f"{_START}{_TASK}{text}: unknown"
    return f"{_START}unable to create new container: {text}"


def command_failure(program: str, why: str) -> str:
    """Return the reason why a command could not be executed.

    Args:
        program: The first word of the command.
        why: The error of the operating system, such as `No such file or directory`.
    """
    cause = why.strip(" :.")
    if cause.lower() in _SYSTEM_ERRORS:
        cause = cause.lower()
    elif re.search(r"no such file|not found", cause, re.IGNORECASE):
        cause = "executable file not found in $PATH"
        if "/" in program:
            cause = f"stat {program}: no such file or directory"
    exec_failed = f'runc create failed: unable to start container process: exec: "{program}": {cause}'
    return f"{_START}{_TASK}{exec_failed}: unknown"


def _last_error(output: str) -> str:
    """Return the last line marked as an error, else the last line, without prefixes and suffixes."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("Error", "docker: "))]
    text = (errors or lines or ["no reason given"])[-1]
    # Each layer adds a prefix: `docker: Error response from daemon: OCI runtime create failed: …`.
    while (opening := _PREFIXES.match(text)) is not None:
        text = text[opening.end() :]
    return _SUFFIXES.sub("", text)
