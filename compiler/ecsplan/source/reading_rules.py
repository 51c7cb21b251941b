"""The rules of reading a manifest: what its YAML must be for jobs to be found in it."""

from dataclasses import dataclass

from ecsplan.source.compose import (
    EXPANSION_OF_A_FILE,
    EXPANSION_OF_A_VALUE,
    MAX_DEPTH,
    MAX_EXPANSION,
    MAX_NODES,
)
from ecsplan.source.decode import MAX_BYTES
from ecsplan.source.nodes import MAX_DIGITS


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One rule.

    Attributes:
        name: The name in diagnostics.
        summary: What the rule asks for, in a sentence or two.
        example: A manifest that breaks this rule and no other of this table; bytes where no text could, ""
            where it would be too long to show.
    """

    name: str
    summary: str
    example: str | bytes


_LAUGHS = "\n".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 7))

SOURCE_RULES: tuple[SourceRule, ...] = (
    SourceRule(
        "encoding",
        "A manifest is UTF-8, with or without a byte order mark; UTF-16 and UTF-32 need the mark.",
        b"image: alpine\ncommand: [echo, caf\xe9]\n",
    ),
    SourceRule(
        "control-character",
        "YAML refuses control characters and half surrogates (YAML 1.2.2, section 5.1). The line separators "
        "U+0085, U+2028 and U+2029 are refused too, since programs disagree on whether they end a line.",
        "image: alpine\x07\n",
    ),
    SourceRule(
        "too-large",
        f"A manifest has at most {MAX_BYTES // 2**20} MiB and at most {MAX_NODES:,} keys and values.",
        "",
    ),
    SourceRule(
        "too-many-problems",
        "Of what is wrong with the YAML of one file, the first thousand problems are shown.",
        "",
    ),
    SourceRule(
        "empty-manifest",
        "A manifest says something: one with comments and empty documents only is likely a mistake.",
        "# image: alpine\n",
    ),
    SourceRule("yaml-syntax", "A manifest is YAML 1.2.", "execution_role_arn: arn:aws:iam::\n"),
    SourceRule(
        "yaml-version",
        "A `%YAML` line may not ask for an older version: there, `no` is false and `010` is eight.",
        "%YAML 1.1\n---\nimage: alpine\n",
    ),
    SourceRule(
        "duplicate-key",
        "A mapping has each key once. YAML leaves open which of two values counts.",
        "image: alpine:3.20\nimage: alpine:3.21\n",
    ),
    SourceRule(
        "non-string-key",
        "Keys are text; one that YAML reads as a number, a boolean or null is put in quotes.",
        "image: alpine\nlabels:\n  2026: budget\n",
    ),
    SourceRule(
        "missing-space",
        "In braces, `{cpu:256}` is a key named `cpu:256` without a value: the space after the colon "
        "is missing.",
        "image: alpine\nenv: {STAGE:test}\n",
    ),
    SourceRule(
        "undefined-alias",
        "An alias such as `*base` stands for what `&base` marks, before it in the same document.",
        "image: alpine\ncommand: *usual\n",
    ),
    SourceRule(
        "recursive-alias",
        "An alias may not stand inside what it stands for.",
        "image: alpine\ncommand: &again [echo, *again]\n",
    ),
    SourceRule(
        "merge-key",
        "The merge key `<<` takes a mapping, or a list of mappings of which earlier ones win.",
        "image: alpine\nenv:\n  <<: STAGE\n",
    ),
    SourceRule(
        "unsafe-tag",
        "Only the tags of YAML's core schema are known, such as `!!str`, each on a value of its kind. "
        "No tag makes an object or runs code.",
        "image: alpine\ncommand: !!python/tuple [echo, hi]\n",
    ),
    SourceRule(
        "tag-mismatch",
        "A value is what its tag says.",
        "image: alpine\ncpu: !!int half\n",
    ),
    SourceRule(
        "number-out-of-range",
        f"A number is finite and has at most {MAX_DIGITS} characters. In `env` any will do: it is text.",
        "image: alpine\ntask_timeout_seconds: .inf\n",
    ),
    SourceRule(
        "yaml-too-deep",
        f"Lists and mappings nest at most {MAX_DEPTH} levels deep, aliases included.",
        f"image: alpine\ncommand: {'[' * MAX_DEPTH}\n",
    ),
    SourceRule(
        "alias-bomb",
        f"Aliases, merge keys and `defaults:` add at most {EXPANSION_OF_A_FILE:,} values and "
        f"{EXPANSION_OF_A_VALUE} for each that is written, {MAX_EXPANSION:,} in all.",
        f"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{_LAUGHS}\n",
    ),
    SourceRule(
        "not-a-manifest",
        "A file of another tool is recognized by its content, and nothing else is said about it: what it is, "
        "and what to do with it.",
        "services:\n  web: {image: nginx}\n",
    ),
    SourceRule(
        "not-a-mapping",
        "A document of a manifest is a mapping of keys.",
        "- image: alpine\n",
    ),
    SourceRule(
        "jobs-not-a-mapping",
        "`jobs:` maps the names of jobs to jobs.",
        "jobs:\n  - image: alpine\n",
    ),
    SourceRule("jobs-empty", "`jobs:` names at least one job.", "jobs: {}\n"),
    SourceRule(
        "jobs-unknown-key",
        "Beside `jobs:` stands `defaults:` and nothing else; a job's keys belong below its name.",
        "image: alpine\njobs:\n  hello:\n    command: [echo, hello]\n",
    ),
    SourceRule(
        "job-not-a-mapping",
        "A job below `jobs:` is a mapping of keys, `{}` if `defaults:` says it all.",
        "defaults:\n  image: alpine\njobs:\n  hello:\n",
    ),
    SourceRule(
        "defaults-not-a-mapping",
        "`defaults:` is a mapping of a job's keys.",
        "defaults: alpine\njobs:\n  hello: {image: alpine}\n",
    ),
    SourceRule(
        "definition-file",
        "`task_definition: FILE` names a file, relative to the manifest, that can be read and holds one task "
        "definition: a RegisterTaskDefinition document or an answer of DescribeTaskDefinition, JSON or YAML.",
        'task_definition: ""\n',
    ),
    SourceRule(
        "defaults-without-jobs",
        "`defaults:` lies under the jobs of `jobs:`; without it there is nothing to lie under.",
        "defaults:\n  image: alpine\n",
    ),
)
"""Every rule that `source.read_manifest` reports, in the order in which it comes to them."""
