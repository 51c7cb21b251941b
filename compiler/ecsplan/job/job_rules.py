"""The rules of the passes around the checks: of binding a job, of patching and of planning it."""

from ecsplan.terms.diagnostic import Severity
from ecsplan.terms.observed import FOUND_TWICE, NOT_FOUND, NOT_USABLE
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class JobRule:
    """One rule.

    Attributes:
        name: The name in diagnostics.
        severity: Its severity.
        summary: What the rule asks for, in a sentence or two.
        example: A manifest that breaks this rule and no other; "" where it depends on what AWS says.
        refused: How AWS is known to refuse what an error finds, or why ecsplan does; "" for a warning.
    """

    name: str
    severity: Severity
    summary: str
    example: str = ""
    refused: str = ""


JOB_RULES = (
    JobRule(
        "command-quotes",
        "error",
        "A command in one string is split as a POSIX shell would split it, so its quotes are closed.",
        "image: alpine\ncommand: echo 'hello\n",
        "by ecsplan, because it is unknown where the last word ends.",
    ),
    JobRule(
        "cpu-size",
        "error",
        "`cpu` is a whole number of CPU units, 1024 to the vCPU.",
        "image: alpine\ncpu: 0.3 vCPU\n",
        "RegisterTaskDefinition (\"Invalid 'cpu' setting for task.\"; ECS developer guide, invalid CPU or "
        "memory value).",
    ),
    JobRule(
        "memory-size",
        "error",
        "`memory` is a whole number of MiB, 1024 to the GB.",
        "image: alpine\nmemory: 0.3 GB\n",
        "RegisterTaskDefinition (\"Invalid 'memory' setting for task.\"; ECS developer guide, invalid CPU or "
        "memory value).",
    ),
    JobRule(
        "label-clash",
        "error",
        "Two labels stay two tags when the characters that ECS refuses in a tag are replaced.",
        'image: alpine\nlabels: {"team*": data, "team!": infra}\n',
        "by ecsplan, because one of the two values would be lost.",
    ),
    JobRule(
        "lookup-tags",
        "error",
        "A lookup by tags names at least one tag.",
        "image: alpine\nsubnets: {tags: {}}\n",
        "by ecsplan, because the lookup would match everything.",
    ),
    JobRule(
        "volume-path",
        "error",
        "Each path in `volumes` is unique, and is not the root directory.",
        "image: alpine\nvolumes: {/data: efs:fs-0a1b2c3d, /data/: efs:fs-4e5f6a7b}\n",
        "by ecsplan, because one of the two would hide the other; Docker refuses the root.",
    ),
    JobRule(
        NOT_FOUND,
        "error",
        "What a manifest refers to exists: a parameter, a stack and its output, an export, a VPC, subnets "
        "and security groups by tag or name, a service and its cluster.",
        refused="by ecsplan, because there is no value to use.",
    ),
    JobRule(
        FOUND_TWICE,
        "error",
        "What a manifest refers to exists exactly once.",
        refused="by ecsplan, because it is unknown which one is meant.",
    ),
    JobRule(
        NOT_USABLE,
        "error",
        "What a manifest refers to is usable: a SecureString belongs under `secrets`, and the outputs of a "
        "stack that was rolled back are not reliable.",
        refused="by ecsplan, because a plan would show a secret, or contain a value that is about to change.",
    ),
    JobRule(
        "lookup-list",
        "error",
        "A list that a lookup returns is a whole value: it cannot be part of a longer string.",
        refused="by ecsplan, because a list cannot be part of a text.",
    ),
    JobRule(
        "patch-json",
        "error",
        "A patch in one string is JSON: a list of operations.",
        'image: alpine\ntask_customizations: \'[{"op": "remove"\'\n',
        "by ecsplan, because there are no operations to apply.",
    ),
    JobRule(
        "patch",
        "error",
        "The operations of a patch fit the document that they are applied to, in order (RFC 6902).",
        "image: alpine\ntask_customizations: [{op: remove, path: /clutser}]\n",
        "by ecsplan, following RFC 6902.",
    ),
    JobRule(
        "newer-member",
        "warning",
        "A patch may add what AWS has and ecsplan does not know yet: a member that is not in the ECS model "
        "of the botocore version that the schemas were made from. Elsewhere in a manifest it is an error.",
        "image: alpine\ntask_customizations: [{op: add, path: /urgency, value: high}]\n",
    ),
    JobRule(
        "duplicate-job",
        "error",
        "The names of jobs are unique, over all manifests of one compilation.",
        "name: hello\nimage: alpine\n---\nname: hello\nimage: busybox\n",
        "by ecsplan, because a name stands for one job in plans and messages.",
    ),
    JobRule(
        "after-unknown",
        "error",
        "`after` names jobs of the same compilation: of the manifests that the command is given. The plain "
        "name of a matrix stands for all of its jobs. Nothing is reported while a job could not be read, "
        "which may be the one that is meant.",
        "name: load\nimage: alpine\nafter: [extract]\n",
        "by ecsplan, because the job would wait forever.",
    ),
    JobRule(
        "after-cycle",
        "error",
        "No job waits for itself, directly or through others.",
        "name: a\nimage: alpine\nafter: [b]\n---\nname: b\nimage: alpine\nafter: [a]\n",
        "by ecsplan, because none of these jobs could start.",
    ),
    JobRule(
        "shared-family",
        "warning",
        "Two jobs of one compilation register different definitions into one family, so that neither finds "
        "its own as the newest revision. Give each a family, or write `reuse: recent`.",
        "family: f\nname: a\nimage: alpine\n---\nfamily: f\nname: b\nimage: busybox\n",
    ),
    JobRule(
        "linked-inactive",
        "error",
        "The revision named in `task_definition_arn`, or that of the `service`, is ACTIVE; no other can "
        "start tasks (botocore model, DeregisterTaskDefinition). Reported when AWS was asked.",
        refused='RunTask ("TaskDefinition is inactive").',
    ),
    JobRule(
        "linked-changed",
        "warning",
        "A definition named in `task_definition_arn`, or that of a `service`, runs as it is. Where another "
        "key has to change it, a revision of its family is made of it, and the message names what differs. "
        "Reported when AWS was asked.",
    ),
    JobRule(
        "linked-newer",
        "error",
        "A revision that is derived from the linked one keeps all its members. A member that is "
        "not in the ECS model of the botocore version that the schemas were made from would be lost. "
        "Reported when AWS was asked.",
        refused="by ecsplan, because the new revision would lose that member.",
    ),
    JobRule(
        "subnets-left-out",
        "warning",
        "A task takes 16 subnets (botocore ecs model, AwsVpcConfiguration.subnets). Of a VPC with more, 16 "
        "are chosen, spread over its availability zones. Reported when AWS was asked.",
    ),
    JobRule(
        "unknown-ignore",
        "warning",
        "A comment `# ecsplan: ignore[rule, …]` names rules that exist.",
        "image: alpine\ncommand: [echo] # ecsplan: ignore[comand-shell]\n",
    ),
    JobRule(
        "unused-ignore",
        "warning",
        "A comment `# ecsplan: ignore[rule, …]` silences a warning on its line. An error cannot be ignored. "
        "Offline, nothing is reported about rules that require AWS.",
        "image: alpine\ncommand: [echo] # ecsplan: ignore[command-shell]\n",
    ),
)
"""The rules, in the order of the passes."""

ONLINE_RULES = frozenset(each.name for each in JOB_RULES if not each.example)
"""The rules that report only what AWS has said."""
