"""What is exported for Prefect and read again makes the requests that the job had."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from exported_jobs import jobs_of_plan
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.decision.canonical import canonical
from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.export import exported
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.source import Source

REGION = "eu-west-1"
CANNOT = (
    "only AWS knows what belongs in place of",
    "the network of the template is without",
    "what it changes in the linked definition",
    "prepares the definition as for Fargate",
    "Prefect's worker changes",
    "cleans the tags",
)
"""Words of the notes that say what a template cannot."""


def jobs_of(path: Path, name: str) -> Iterator[tuple[str, PlannedJob]]:
    """Yield the jobs of a manifest that compiles offline, each with a name."""
    text = path.read_text("utf-8")
    made = compile_manifest(
        text, file=path.name, region=REGION, read=lambda beside: (path.parent / beside).read_text("utf-8")
    )
    for job in made.plan.jobs if made.plan is not None else ():
        yield f"{name}: {job.name}", job


MANIFESTS = {path: path.stem for path in sorted((ROOT / "manifests").glob("*.yaml"))}
CASES = {path: path.parent.name for path in sorted((ROOT / "tests" / "cases").glob("*/manifest.yaml"))}
PLANS = sorted((ROOT / "tests" / "cases").glob("*/plan.json"))
PLANNED = {f"plan {path.parent.name}: {job.name}": job for path in PLANS for job in jobs_of_plan(path)}
JOBS = PLANNED | {
    job_name: job for path, name in {**MANIFESTS, **CASES}.items() for job_name, job in jobs_of(path, name)
}


def says_what_it_cannot(notes: Sequence[str]) -> bool:
    """Return whether a note says that the template does not make the job's requests."""
    return any(words in note for note in notes for words in CANNOT)


@pytest.mark.parametrize("name", JOBS)
def test_a_template_that_is_read_again_makes_the_same_requests(name: str) -> None:
    job = JOBS[name]
    made = exported("prefect-work-pool", [job])
    if says_what_it_cannot(made.notes):
        return

    found = found_in(Source("template.json", made.text))
    manifest = converted(found, title="template.json").text
    compiled = compile_manifest(manifest, file="again.yaml", region=REGION)

    assert [each for each in compiled.diagnostics if each.severity == "error"] == []
    assert compiled.plan is not None
    (planned,) = compiled.plan.jobs
    if name in PLANNED:
        # What AWS was asked for is open again: the revision, and a VPC's subnets.
        assert without_answers(planned.run_request) == without_answers(job.run_request)
        return
    assert canonical(planned.definition.request) == canonical(job.definition.request)
    assert planned.run_request == job.run_request


def without_answers(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without what is looked up."""
    return {
        name: each for name, each in request.items() if name not in {"taskDefinition", "networkConfiguration"}
    }


def test_what_was_looked_up_is_in_the_template() -> None:
    job = PLANNED["plan lookups: report"]
    made = exported("prefect-work-pool", [job])

    assert job.observed
    assert " at apply>" not in made.text
    assert not says_what_it_cannot(made.notes)


def test_the_worked_examples_that_a_template_cannot_say() -> None:
    examples = [name for name in JOBS if name.partition(":")[0] in MANIFESTS.values()]

    assert {
        name for name in examples if says_what_it_cannot(exported("prefect-work-pool", [JOBS[name]]).notes)
    } == {
        "like-a-service: migrate-web",
        "network-by-tags: warehouse",
        "no-public-ip: no-public-ip",
        "own-security-groups: own-security-groups",
        "own-subnets: private-subnets",
    }


def test_what_was_taken_from_a_service_is_in_the_template() -> None:
    job = JOBS["plan service-beside: migrate"]

    made = exported("prefect-work-pool", [job])

    network = job.run_request["networkConfiguration"]["awsvpcConfiguration"]
    properties = json.loads(made.text)["variables"]["properties"]
    assert properties["network_configuration"]["default"] == network
    assert properties["task_definition_arn"]["default"] == job.run_request["taskDefinition"]
    assert made.notes == ()


@pytest.mark.parametrize(
    ("form", "member"), [("prefect-work-pool", "task_definition_arn"), ("aws-cli", "taskDefinition")]
)
def test_the_definition_of_a_service_that_was_not_looked_at_is_marked(form: str, member: str) -> None:
    made = compile_manifest("service: web\n", file="job.yaml", region=REGION)
    assert made.plan is not None

    done = exported(form, made.plan.jobs)

    mark = "<task definition of service web>"
    assert f"job: `{member}` is marked `{mark}`: enter its family or ARN" in done.notes
    assert mark in "".join((done.text, *done.files.values()))
    assert "<subnets of service web>" in "".join((done.text, *done.files.values()))
