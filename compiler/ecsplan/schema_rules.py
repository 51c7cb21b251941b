"""The rules that the schemas stand for: what each asks for, and a manifest that breaks it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchemaRule:
    """A rule that a schema states.

    Attributes:
        name: The name in diagnostics.
        summary: What the rule asks for, in a sentence or two.
        example: A manifest that breaks this rule and no other of this table.
    """

    name: str
    summary: str
    example: str


SCHEMA_RULES = (
    SchemaRule(
        "aws-credentials",
        "Access keys have no place in a manifest. Name a profile or a role, or leave them to the environment "
        "of the AWS SDK.",
        "image: alpine:3\naws:\n  access_key_id: AKIA…\n",
    ),
    SchemaRule(
        "env-boolean",
        "A variable of the environment is a text, and there are several ways to write true and false. Quote "
        "the one that the program expects.",
        "image: alpine:3\nenv:\n  DEBUG: true\n",
    ),
    SchemaRule(
        "missing-key",
        "A key without which AWS, or JSON Patch, refuses the mapping it belongs to.",
        "image: alpine:3\nnetwork_configuration:\n  assignPublicIp: DISABLED\n",
    ),
    SchemaRule(
        "not-allowed",
        "The value is one of a fixed set; case matters.",
        "image: alpine:3\nlaunch_type: fargate\n",
    ),
    SchemaRule(
        "out-of-range",
        "A number lies within the bounds that the key's description or AWS's documentation states.",
        "image: alpine:3\ncount: 0\n",
    ),
    SchemaRule(
        "too-few",
        "A list or mapping has at least as many members as AWS asks for.",
        "image: alpine:3\n"
        "task_definition:\n"
        "  containerDefinitions:\n"
        "    - name: main\n"
        "      healthCheck: {command: []}\n",
    ),
    SchemaRule(
        "too-many",
        "A list or mapping has no more members than AWS takes.",
        "image: alpine:3\n"
        "network_configuration:\n"
        "  subnets: [subnet-1]\n"
        "  securityGroups: [sg-1, sg-2, sg-3, sg-4, sg-5, sg-6]\n",
    ),
    SchemaRule(
        "unknown-key",
        "Every key is known, at every depth, in AWS documents too. Keys of a manifest are snake_case, those "
        "of AWS documents camelCase.",
        "image: alpine:3\ncomand: [echo, hello world]\n",
    ),
    SchemaRule(
        "wrong-format",
        "A text has the form that the key asks for: a name, an ARN, a size with its unit.",
        "image: alpine:3\nmemory: 3 TB\n",
    ),
    SchemaRule(
        "wrong-length",
        "A text is as long as the key asks for: mostly not empty, or no longer than AWS takes.",
        'image: alpine:3\nfamily: ""\n',
    ),
    SchemaRule(
        "wrong-type",
        "A value is of the type that the key asks for: a string, a number, a list, a mapping, true or false. "
        "Quotes make a string of anything.",
        "image: alpine:3\nplatform_version: 1.4\n",
    ),
)
"""The rules of the schemas, by name."""
