"""The rules that the schemas stand for: what each asks for, and a manifest that breaks it."""

from ecsplan.terms.records import dataclass

_BOTH = "error or warning"
_ADVICE = (
    " What only the documentation asks for is a warning: `schemas/documented_limits.py` lists each bound "
    "with its source."
)


@dataclass(frozen=True, slots=True)
class SchemaRule:
    """A rule that a schema states.

    Attributes:
        name: The name in diagnostics.
        summary: What the rule asks for, in a sentence or two.
        example: A manifest that breaks this rule and no other of this table.
        refused: How AWS is known to refuse what an error finds, or why ecsplan does.
        severity: The severities that it can have.
    """

    name: str
    summary: str
    example: str
    refused: str
    severity: str = "error"


SCHEMA_RULES = (
    SchemaRule(
        "aws-credentials",
        "A manifest does not contain access keys. Name a profile or a role, or leave them to the environment "
        "of the AWS SDK.",
        "image: alpine:3\naws:\n  access_key_id: AKIA…\n",
        "by ecsplan, because a plan is stored and reviewed.",
    ),
    SchemaRule(
        "env-boolean",
        "An environment variable is text, and there are several ways to write true and false. Quote the "
        "one that the program expects.",
        "image: alpine:3\nenv:\n  DEBUG: true\n",
        "by ecsplan, because ECS takes texts, and `true` could be meant as True or as 1.",
    ),
    SchemaRule(
        "missing-key",
        "A mapping has the keys without which AWS, or JSON Patch, refuses it.",
        "image: alpine:3\nnetwork_configuration:\n  assignPublicIp: DISABLED\n",
        "the AWS SDK refuses a request without a member that the service model calls required.",
    ),
    SchemaRule(
        "not-allowed",
        "The value is one of a fixed set; case matters.",
        "image: alpine:3\nlaunch_type: fargate\n",
        'AWS refuses what is not in an enum of the service model ("Member must satisfy enum value set").'
        + _ADVICE,
        _BOTH,
    ),
    SchemaRule(
        "out-of-range",
        "A number lies within the bounds that the key's description or AWS's documentation states.",
        "image: alpine:3\ncount: 0\n",
        "the bounds of the service model, and those that RegisterTaskDefinition and RunTask were seen to "
        "enforce (of health checks, ports, restarts, ephemeral storage)." + _ADVICE,
        _BOTH,
    ),
    SchemaRule(
        "too-few",
        "A list or mapping has at least as many members as AWS asks for.",
        "image: alpine:3\n"
        "launch_type: EC2\n"
        "task_definition:\n"
        "  containerDefinitions:\n"
        "    - name: main\n"
        "      resourceRequirements: [{type: GPU, sharingStrategy: {}}]\n",
        "the AWS SDK refuses a union of the service model with no member." + _ADVICE,
        _BOTH,
    ),
    SchemaRule(
        "too-many",
        "A list or mapping has no more members than AWS takes.",
        "image: alpine:3\n"
        "network_configuration:\n"
        "  subnets: [subnet-1]\n"
        "  securityGroups: [sg-1, sg-2, sg-3, sg-4, sg-5, sg-6]\n",
        'RunTask ("subnets can have at most 16 items."), and RegisterTaskDefinition of environment files and '
        "tags." + _ADVICE,
        _BOTH,
    ),
    SchemaRule(
        "unknown-key",
        "Every key is known, at every depth, in AWS documents too. Keys of a manifest are snake_case, those "
        "of AWS documents camelCase.",
        "image: alpine:3\ncomand: [echo, hello world]\n",
        "the AWS SDK refuses a parameter that the service model does not know, and ecsplan a key that would "
        "have no effect.",
    ),
    SchemaRule(
        "wrong-format",
        "A text has the form that the key asks for: a name, an ARN, a size with its unit.",
        "image: alpine:3\nmemory: 3 TB\n",
        'RegisterTaskDefinition ("Container.image contains invalid characters.", the same of names and '
        "families; \"Invalid 'memory' setting for task.\")." + _ADVICE,
        _BOTH,
    ),
    SchemaRule(
        "wrong-length",
        "A text is as long as the key asks for: mostly not empty, or no longer than AWS takes.",
        'image: alpine:3\nfamily: ""\n',
        "the lengths of the service model, and of names those that RegisterTaskDefinition enforces."
        + _ADVICE,
        _BOTH,
    ),
    SchemaRule(
        "wrong-type",
        "A value is of the type that the key asks for: a string, a number, a list, a mapping, true or false. "
        "A quoted value is always a string.",
        "image: alpine:3\nplatform_version: 1.4\n",
        "the AWS SDK refuses a value of another type than the service model has.",
    ),
)
"""The rules of the schemas, by name."""
