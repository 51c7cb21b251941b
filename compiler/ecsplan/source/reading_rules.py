"""The rules of reading a manifest: what its YAML must look like for jobs to be read from it."""

from ecsplan.source.matrix import MAX_JOBS, MAX_VALUES
from ecsplan.terms.diagnostic import Severity
from ecsplan.terms.json_types import MAX_DIGITS
from ecsplan.terms.records import dataclass
from ecsplan.yaml.compose import (
    EXPANSION_OF_A_FILE,
    EXPANSION_OF_A_VALUE,
    MAX_DEPTH,
    MAX_EXPANSION,
    MAX_NODES,
)
from ecsplan.yaml.decode import MAX_BYTES


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One rule.

    Attributes:
        name: Its name in diagnostics.
        summary: What it requires, in a sentence or two.
        example: A manifest that breaks this rule and no other of this table; bytes where no text can break
            it, "" where it would be too long to show or takes a second file.
        severity: Its severity.
    """

    name: str
    summary: str
    example: str | bytes
    severity: Severity = "error"


# The "billion laughs" document: each level repeats the one before ten times.
_LAUGHS = "\n".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 7))

SOURCE_RULES: tuple[SourceRule, ...] = (
    SourceRule(
        "encoding",
        "A manifest is UTF-8, with or without a byte order mark; UTF-16 and UTF-32 need the mark.",
        b"image: alpine\ncommand: [echo, caf\xe9]\n",
    ),
    SourceRule(
        "control-character",
        "YAML does not allow control characters and unpaired surrogates (YAML 1.2.2, section 5.1). The line "
        "separators U+0085, U+2028 and U+2029 are refused as well, since programs disagree on whether they "
        "end a line.",
        "image: alpine\x07\n",
    ),
    SourceRule(
        "too-large",
        f"A manifest has at most {MAX_BYTES // 2**20} MiB and at most {MAX_NODES:,} keys and values.",
        "",
    ),
    SourceRule(
        "too-many-problems",
        "The first thousand problems of the YAML of a file are shown.",
        "",
    ),
    SourceRule(
        "empty-manifest",
        "A manifest is not empty: one with only comments and empty documents is likely a mistake.",
        "# image: alpine\n",
    ),
    SourceRule("yaml-syntax", "A manifest is YAML 1.2.", "execution_role_arn: arn:aws:iam::\n"),
    SourceRule(
        "yaml-version",
        "A `%YAML` directive must not declare an older version, in which `no` is false and `010` is eight.",
        "%YAML 1.1\n---\nimage: alpine\n",
    ),
    SourceRule(
        "duplicate-key",
        "A mapping has each key once. YAML does not define which of two values takes effect.",
        "image: alpine:3.20\nimage: alpine:3.21\n",
    ),
    SourceRule(
        "non-string-key",
        "Keys are strings; a key that YAML reads as a number, a boolean or null must be quoted.",
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
        "An alias such as `*base` refers to the value that `&base` marks earlier in the same document.",
        "image: alpine\ncommand: *usual\n",
    ),
    SourceRule(
        "recursive-alias",
        "An alias must not be inside the value that it refers to.",
        "image: alpine\ncommand: &again [echo, *again]\n",
    ),
    SourceRule(
        "merge-key",
        "The merge key `<<` takes a mapping, or a list of mappings of which earlier ones take precedence.",
        "image: alpine\nenv:\n  <<: STAGE\n",
    ),
    SourceRule(
        "unsafe-tag",
        "Only the tags of YAML's core schema are allowed, such as `!!str`, each on a value of its kind. "
        "No tag creates an object or runs code.",
        "image: alpine\ncommand: !!python/tuple [echo, hi]\n",
    ),
    SourceRule(
        "tag-mismatch",
        "A value matches its tag.",
        "image: alpine\ncpu: !!int half\n",
    ),
    SourceRule(
        "number-out-of-range",
        f"A number is finite and has at most {MAX_DIGITS} characters. In `env`, where a number is text, any "
        "number is valid.",
        "image: alpine\ntask_timeout_seconds: .inf\n",
    ),
    SourceRule(
        "yaml-too-deep",
        f"Lists and mappings nest at most {MAX_DEPTH} levels deep, with aliases expanded.",
        f"image: alpine\ncommand: {'[' * MAX_DEPTH}\n",
    ),
    SourceRule(
        "alias-bomb",
        f"Aliases, merge keys and `defaults:` add at most {EXPANSION_OF_A_FILE:,} values and "
        f"{EXPANSION_OF_A_VALUE} for each value that is written, up to {MAX_EXPANSION:,}. "
        f"The matrices of a manifest make at most {MAX_JOBS:,} jobs of {MAX_VALUES:,} values.",
        f"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{_LAUGHS}\n",
    ),
    SourceRule(
        "not-a-manifest",
        "A file of another tool is recognized by its content. The message says what the file is and what to "
        "do with it, and nothing else about the file is reported.",
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
        "Only `defaults:` and `variables:` are allowed beside `jobs:`; a job's keys belong below its name.",
        "image: alpine\njobs:\n  hello:\n    command: [echo, hello]\n",
    ),
    SourceRule(
        "job-not-a-mapping",
        "A job below `jobs:` is a mapping of keys, `{}` if `defaults:` has all its keys.",
        "defaults:\n  image: alpine\njobs:\n  hello:\n",
    ),
    SourceRule(
        "defaults-not-a-mapping",
        "`defaults:` is a mapping of a job's keys.",
        "defaults: alpine\njobs:\n  hello: {image: alpine}\n",
    ),
    SourceRule(
        "definition-file",
        "`task_definition: FILE` names a readable file, relative to the manifest, with one task definition: "
        "a RegisterTaskDefinition document or a DescribeTaskDefinition response, in JSON or YAML.",
        'task_definition: ""\n',
    ),
    SourceRule(
        "env-file",
        "`env_file: FILE` names a readable file, relative to the manifest, with lines of KEY=VALUE as "
        "docker's `--env-file` takes them, blank lines, and comments that begin with `#`.",
        'image: alpine\nenv_file: ""\n',
    ),
    SourceRule(
        "env-file-duplicate",
        "An env file sets each variable once; of several values the last one counts, as in docker.",
        "",
        severity="warning",
    ),
    SourceRule(
        "defaults-without-jobs",
        "`defaults:` is merged with the jobs of `jobs:`, so it has no effect without them.",
        "defaults:\n  image: alpine\n",
    ),
    SourceRule(
        "matrix-count",
        "A matrix makes at most 256 jobs.",
        "image: alpine\nmatrix:\n  a: &many [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n  b: *many\n  c: *many\n",
    ),
    SourceRule(
        "matrix-duplicate",
        "The values of a name are unique, and so are the entries of `include` and `exclude` and the names of "
        "the jobs, which consist of the values under the matrix's own names.",
        "image: alpine\nmatrix: {region: [eu-west-1, eu-west-1]}\n",
    ),
    SourceRule(
        "matrix-exclude",
        "An entry of `exclude` matches combinations, and at least one combination is left. A value that none "
        "has is a warning, since it excludes nothing.",
        "image: alpine\nmatrix: {region: [eu-west-1], exclude: [{regoin: eu-west-1}]}\n",
    ),
    SourceRule(
        "matrix-include",
        "An entry of `include` may bring new names. One that resembles a name of the matrix and is not "
        "referred to is reported as a likely mistake.",
        "image: alpine\nmatrix: {region: [eu-west-1], include: [{regoin: eu-west-2}]}\n",
    ),
    SourceRule(
        "matrix-reference",
        "`${matrix.name}` is a value of the job's combination. The values of the matrix themselves and the "
        "name of the job cannot refer to it. `$${matrix.name}` is that text.",
        "image: alpine\nmatrix: {region: [eu-west-1]}\nenv: {REGION: '${matrix.regoin}'}\n",
    ),
    SourceRule(
        "variable-declaration",
        "`variables:` maps the name of each variable to a mapping that declares it, `{}` for a string that "
        "has to be given.",
        "variables:\n  tag: latest\nimage: alpine\ncommand: [echo, '${tag}']\n",
    ),
    SourceRule(
        "variable-name",
        "The name of a variable has letters, digits and underscores, and does not begin with a digit.",
        "variables:\n  image-tag: {default: '3'}\nimage: alpine\n",
    ),
    SourceRule(
        "variable-enum",
        "The values in the `enum` of a variable have its type.",
        "variables:\n  copies: {type: integer, enum: [two]}\nimage: alpine\ncount: ${copies}\n",
    ),
    SourceRule(
        "variable-pattern",
        "The `pattern` of a variable is a regular expression in Python's syntax.",
        "variables:\n  tag: {default: '3', pattern: '['}\nimage: alpine:${tag}\n",
    ),
    SourceRule(
        "variable-default",
        "The default of a variable has no reference in it: defaults are not expanded. A sensitive variable "
        "has no default: the plan would store it.",
        "variables:\n  copies: {default: '${copies}'}\nimage: alpine\nenv: {N: '${copies}'}\n",
    ),
    SourceRule(
        "variable-missing",
        "A variable without a default is given a value: with `--var`, in a file with `--var-file`, or in the "
        "environment. `check --without-values` leaves open what depends on it.",
        "variables:\n  tag: {}\nimage: alpine:${tag}\n",
    ),
    SourceRule(
        "variable-value",
        "A value of a variable, its default included, has its type, is one of its `enum`, and matches its "
        "`pattern` as a whole. An output that Terraform marks as sensitive is for sensitive variables only.",
        "variables:\n  copies: {type: integer, default: two}\nimage: alpine\ncount: ${copies}\n",
    ),
    SourceRule(
        "variable-undeclared",
        "What `${name}` refers to is declared under `variables:`, and so is every variable that is given a "
        "value. `${job.name}` is the name of the job, and not allowed in `name`.",
        "variables: {}\nimage: alpine:${tag}\n",
    ),
    SourceRule(
        "variable-reference",
        "A reference is closed and names a variable. `$${` stands for the text `${`.",
        "variables: {}\nimage: alpine:${\n",
    ),
    SourceRule(
        "variable-list",
        "A list is a whole value: it cannot be part of a longer string.",
        "variables:\n  zones: {type: list, default: [a, b]}\nimage: alpine\nenv: {ZONES: 'in ${zones}'}\n",
    ),
    SourceRule(
        "variable-sensitive",
        "A sensitive variable is referred to only in the values of `env`: nothing else may depend on what "
        "the plan does not store.",
        "variables:\n  token: {sensitive: true}\nimage: alpine\ncommand: [login, '${token}']\n",
    ),
    SourceRule(
        "lookup-kind",
        "A reference with a colon is one of the lookups `${ssm:/path}`, `${cfn:STACK.OUTPUT}` "
        "or `${cfn-export:NAME}`.",
        "variables: {}\nimage: alpine:${vault:/tag}\n",
    ),
    SourceRule(
        "lookup-form",
        "A lookup has the syntax of its kind.",
        "variables: {}\nimage: alpine:${cfn:my-stack}\n",
    ),
    SourceRule(
        "lookup-place",
        "What must be known before AWS is asked is not looked up: the name of the job, `aws`, names "
        "of files, and in which order jobs run and how often.",
        "variables: {}\nimage: alpine\naws: {region: '${ssm:/region}'}\n",
    ),
    SourceRule(
        "lookup-text",
        "What else a job with lookups says can be told from them in its plan: no text is the placeholder of "
        "a lookup, and no `$` stands right before one.",
        "variables:\n  sign: {default: $}\nimage: alpine\nenv: {PRICE: '${sign}${ssm:/price}'}\n",
    ),
    SourceRule(
        "variable-key",
        "Keys are not expanded: a reference in one is literal text.",
        "variables:\n  name: {default: DAY}\nimage: alpine\nenv: {'${name}': '1', DAY: '${name}'}\n",
        "warning",
    ),
    SourceRule(
        "variable-unused",
        "A variable that is declared is used.",
        "variables:\n  tag: {default: '3'}\nimage: alpine:3\n",
        "warning",
    ),
)
"""Every rule that `source.read.read_manifest` reports, in the order in which it is checked."""
