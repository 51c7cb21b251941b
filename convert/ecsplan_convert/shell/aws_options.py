"""The options of the AWS CLI for the two requests that make a job.

Source: the service model of botocore, whose members the CLI spells with dashes, and the AWS CLI Command
Reference (`aws`, `ecs run-task`, `ecs register-task-definition`; versions 1 and 2).
"""

from typing import Final, Literal, TypeAlias

from ecsplan.terms.records import dataclass

Kind: TypeAlias = Literal["text", "integer", "flag", "texts", "structure", "structures"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option.

    Attributes:
        member: The member that it sets.
        kind: The kind of its value.
        negative: The option that sets a flag to false.
    """

    member: str
    kind: Kind
    negative: str = ""


RUN_TASK: Final = "run-task"
REGISTER: Final = "register-task-definition"

OPTIONS: Final = {
    RUN_TASK: {
        "--capacity-provider-strategy": Option("capacityProviderStrategy", "structures"),
        "--cluster": Option("cluster", "text"),
        "--count": Option("count", "integer"),
        "--enable-ecs-managed-tags": Option("enableECSManagedTags", "flag", "--no-enable-ecs-managed-tags"),
        "--enable-execute-command": Option("enableExecuteCommand", "flag", "--disable-execute-command"),
        "--group": Option("group", "text"),
        "--launch-type": Option("launchType", "text"),
        "--network-configuration": Option("networkConfiguration", "structure"),
        "--overrides": Option("overrides", "structure"),
        "--placement-constraints": Option("placementConstraints", "structures"),
        "--placement-strategy": Option("placementStrategy", "structures"),
        "--platform-version": Option("platformVersion", "text"),
        "--propagate-tags": Option("propagateTags", "text"),
        "--reference-id": Option("referenceId", "text"),
        "--started-by": Option("startedBy", "text"),
        "--tags": Option("tags", "structures"),
        "--task-definition": Option("taskDefinition", "text"),
        "--client-token": Option("clientToken", "text"),
        "--volume-configurations": Option("volumeConfigurations", "structures"),
    },
    REGISTER: {
        "--family": Option("family", "text"),
        "--task-role-arn": Option("taskRoleArn", "text"),
        "--execution-role-arn": Option("executionRoleArn", "text"),
        "--network-mode": Option("networkMode", "text"),
        "--container-definitions": Option("containerDefinitions", "structures"),
        "--volumes": Option("volumes", "structures"),
        "--placement-constraints": Option("placementConstraints", "structures"),
        "--requires-compatibilities": Option("requiresCompatibilities", "texts"),
        "--cpu": Option("cpu", "text"),
        "--memory": Option("memory", "text"),
        "--tags": Option("tags", "structures"),
        "--pid-mode": Option("pidMode", "text"),
        "--ipc-mode": Option("ipcMode", "text"),
        "--proxy-configuration": Option("proxyConfiguration", "structure"),
        "--inference-accelerators": Option("inferenceAccelerators", "structures"),
        "--ephemeral-storage": Option("ephemeralStorage", "structure"),
        "--runtime-platform": Option("runtimePlatform", "structure"),
        "--enable-fault-injection": Option("enableFaultInjection", "flag", "--no-enable-fault-injection"),
        "--trusted-execution-configuration": Option("trustedExecutionConfiguration", "structure"),
    },
}
"""The options of each operation.

`--disable-execute-command` is the CLI's own name; it refuses `--no-enable-execute-command`, which people
write by analogy with the others and which is read here as well (awscli 1.46.3).
"""

INPUT_JSON: Final = "--cli-input-json"
INPUT_YAML: Final = "--cli-input-yaml"
SKELETON: Final = "--generate-cli-skeleton"
INPUTS: Final = (INPUT_JSON, INPUT_YAML, SKELETON)
"""Options of every operation that give, or print, a whole request."""

GLOBAL_WITH_VALUE: Final = (
    *("--ca-bundle", "--cli-binary-format", "--cli-connect-timeout", "--cli-error-format"),
    *("--cli-read-timeout", "--color", "--endpoint-url", "--output", "--profile", "--query", "--region"),
)
GLOBAL_FLAGS: Final = (
    *("--cli-auto-prompt", "--debug", "--no-cli-auto-prompt", "--no-cli-pager", "--no-paginate"),
    *("--no-sign-request", "--no-verify-ssl", "--v2-debug", "--version"),
)
"""Options that stand before or after the operation, and do not belong to the request."""


def option_of(operation: str, name: str) -> Option | None:
    """Return an option by its name or its negative one; None where it is no member's."""
    options = OPTIONS[operation]
    return options.get(name) or next(
        (
            each
            for positive, each in options.items()
            if each.kind == "flag" and name in {each.negative, f"--no-{positive.removeprefix('--')}"}
        ),
        None,
    )


def names_of(operation: str) -> tuple[str, ...]:
    """Return the names of all options of an operation, the global ones apart."""
    options = OPTIONS[operation]
    return (*options, *(each.negative for each in options.values() if each.negative), *INPUTS)
