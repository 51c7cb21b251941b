"""docs/verify.md: what `ecsplan verify` does, and its checks, from their docstrings."""

import inspect
import re
from collections.abc import Iterator

from docs.generators.tables import table

from ecsplan_applier.verify.order import CHECKS

_CALL = re.compile(r"[a-z0-9]+:[A-Za-z0-9]+")
_SECTION = re.compile(r"^(Calls|Source): *", re.MULTILINE)

INTRODUCTION = """\
# Verify: what would fail, before anything runs

> How do I …
> [find out before a run what would fail](how-to/before-it-runs.md)?

Some mistakes do not show in a plan: a role that does not trust ECS, a secret that is not there, a subnet
without a way out. `ecsplan verify` asks AWS about everything that the jobs depend on, and changes nothing.

Take this `job.yaml`, and an account without a cluster `batch`:

```yaml
name: nightly
image: 111122223333.dkr.ecr.us-east-1.amazonaws.com/nightly:1
cluster: batch
execution_role_arn: arn:aws:iam::000000000000:role/ecs-task-execution
```

```console
$ ecsplan verify --quiet --local job.yaml
job.yaml:3:10: fails[cluster-active]: cluster batch does not exist in us-east-1
  3 | cluster: batch
    |          ^^^^^
  help: `aws ecs list-clusters` lists them; check the name, the region and the account
```

`--quiet` shows what fails and nothing else. Without it, everything that is unknown is shown too, what is ok
in a line for each check, and at the end how many findings there are of each kind. `--all` shows each finding.

## Inputs

    ecsplan verify                         manifests/, else plan.json
    ecsplan verify job.yaml other/         manifests, with the values and settings that compile takes
    ecsplan verify plan.json               a plan; each finding is at the line on which its job begins
    ecsplan compile job.yaml --verify      verify, then write the plan; none is written if anything fails
    ecsplan apply plan.json --verify       verify, then apply; nothing is registered if anything fails

A manifest is compiled as `compile` does it, but for the decision whether a revision can be reused, which no
check needs. A plan that asked AWS is verified as it stands; what an offline plan left open is asked for
first. A plan for another account than that of the credentials is refused with 122, as `apply` refuses it.

## States

| state | meaning |
| --- | --- |
| ok | the thing is as the job needs it |
| fails | the job would fail, or would not start |
| unknown | it could not be found out: the call is denied, does not reach its service, or does not say |

The exit status is 1 if anything fails or a manifest has an error, else 0: what is unknown is never a failure.
It is 123 if the plan is not a valid one, and 125 if AWS could not be asked at all.
[Permissions](permissions.md#verify) lists what the credentials need; each is optional, but for the lookups
that a manifest or an offline plan names, such as parameters and linked definitions.

With `--local`, what depends on services that the embedded ECS does not have is unknown, in one line: it has
clusters, log groups, parameters and a network, but neither roles nor quotas nor images of ECR. An image in
another registry, such as Docker Hub, is looked for there with `--local`, too: that registry is asked over the
network, and the image is unknown where it cannot be reached.

## Formats

`--format json` prints a list on standard output, sorted by place:

```json
[
  {
    "path": "job.yaml",
    "line": 3,
    "column": 10,
    "state": "fails",
    "check": "cluster-active",
    "message": "cluster batch does not exist in us-east-1",
    "help": "`aws ecs list-clusters` lists them; check the name, the region and the account"
  }
]
```

An error in a manifest is in that list as well: it fails, and the rule is its check. The jobs of that manifest
are not verified; those of the other manifests are.

Of several subnets at one place, such as those that were looked up in a VPC, what is equal is one finding that
names all of them.

`--format github` prints workflow commands for GitHub Actions: an error for what fails, a warning for what is
unknown.

## Checks

Things that several jobs share are asked about once, many in a call where the API allows it.
"""


def page() -> str:
    """Return the page as Markdown."""
    checks = table(("check", "what is checked", "calls", "source"), rows())
    end = "This table is generated from the docstrings of the checks by `make rules`."
    return f"{INTRODUCTION}\n{checks}\n\n{end}\n"


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield the name of each check, what it checks, the permissions that it needs, and where AWS says so.

    Raises:
        ValueError: A docstring lacks a part.
    """
    for check in CHECKS:
        summary, *parts = _SECTION.split(inspect.getdoc(check.judge) or "")
        named = dict(zip(parts[::2], parts[1::2], strict=True))
        if not summary.strip() or named.keys() != {"Calls", "Source"}:
            raise ValueError(f"the docstring of {check.name} needs a summary, `Calls:` and `Source:`")
        calls = _CALL.sub(r"`\g<0>`", _flat(named["Calls"]))
        yield check.name, _flat(summary), calls, _flat(named["Source"])


def _flat(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")
