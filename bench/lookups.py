"""Twenty lookups: the calls that they cost, in a thousand jobs that share them and at apply."""

import json
from collections import Counter
from pathlib import Path

from endpoint import Endpoint, served
from jobs import script
from results import Findings
from stacks import stacks
from timing import run
from venvs import ecsplan

_REGION = "eu-north-1"
_JOBS = 1000
_PARAMETERS = [f"/bench/{number}" for number in range(12)]
_OUTPUTS = {f"Out{number}": f"output-{number}" for number in range(5)}
_EXPORTS = {f"export-{number}": f"value-{number}" for number in range(3)}
_LOOKUPS = {
    *(f"ssm:{name}" for name in _PARAMETERS),
    *(f"cfn:net.{name}" for name in _OUTPUTS),
    *(f"cfn-export:{name}" for name in _EXPORTS),
}
_OPERATIONS = {"GetParameters", "DescribeParameters", "DescribeStacks", "ListStacks", "ListExports"}
"""The operations that lookups of parameters, outputs and exports may call."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how many calls the lookups cost when they are compiled, and when the plan is applied."""
    findings, count = Findings(), 100 if quick else _JOBS
    with served(home, script()) as endpoint, stacks(_OUTPUTS, _EXPORTS) as (url, calls):
        for name in _PARAMETERS:
            endpoint.put_parameter(_REGION, name, "value")
        env = endpoint.environment(_REGION) | {"AWS_ENDPOINT_URL_CLOUDFORMATION": url}

        def made(*arguments: str) -> Counter[str]:
            endpoint.forget()
            calls.clear()
            run([*ecsplan(), *arguments], env=env)
            return _lookups(endpoint, calls)

        many, one = (str(_manifest(home, number)) for number in (count, 1))
        plan = str(home / "plan.json")
        compiled = made("compile", many, "-o", str(home / "many.json"))
        made("compile", one, "-o", plan)
        applied = made("apply", plan, "--detach")
    _bound(findings, f"compiling {count:,} jobs with the same 20 lookups, calls for these", compiled, 4)
    _bound(findings, "`apply` of a plan with 20 facts, calls to check them", applied, 6)
    return findings


def _lookups(endpoint: Endpoint, stacked: Counter[str]) -> Counter[str]:
    called = Counter(each.operation for each in endpoint.calls(_REGION)) + stacked
    return Counter({name: number for name, number in called.items() if name in _OPERATIONS})


def _bound(findings: Findings, what: str, calls: Counter[str], limit: int) -> None:
    if not calls:
        raise ValueError("no lookup was asked for")
    named = ", ".join(f"{number} {name}" for name, number in sorted(calls.items()))
    findings.at_most(what, named, ratio=calls.total(), limit=limit)


def _manifest(home: Path, count: int) -> Path:
    """Write a manifest with this many jobs that have one definition, and each the same twenty lookups."""
    env = {f"V{number}": f"${{{name}}}" for number, name in enumerate(sorted(_LOOKUPS))}
    job = {"image": "public.ecr.aws/docker/library/alpine:3", "family": "brief", "env": env}
    path = home / f"{count}-jobs.yaml"
    path.write_text(
        json.dumps({"variables": {}, "jobs": {f"job-{number}": job for number in range(count)}}), "utf-8"
    )
    return path
