"""What is exported for Prefect and read again makes the requests that the job had."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.decision.canonical import canonical
from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.found import Source
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.writers.prefect_work_pool import write

REGION = "eu-west-1"
CANNOT = (
    "stands as `<…>`",
    "the network of the template is without",
    "a key changes the linked definition",
    "prepares the definition as for Fargate",
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
JOBS = {
    job_name: job for path, name in {**MANIFESTS, **CASES}.items() for job_name, job in jobs_of(path, name)
}


def says_what_it_cannot(notes: Sequence[str]) -> bool:
    """Return whether a note says that the template does not make the job's requests."""
    return any(words in note for note in notes for words in CANNOT)


@pytest.mark.parametrize("name", JOBS)
def test_a_template_that_is_read_again_makes_the_same_requests(name: str) -> None:
    job = JOBS[name]
    made = write([job])
    if says_what_it_cannot(made.notes):
        return

    found = found_in(Source("template.json", made.text))
    manifest = converted(found, title="template.json").text
    compiled = compile_manifest(manifest, file="again.yaml", region=REGION)

    assert [each for each in compiled.diagnostics if each.severity == "error"] == []
    assert compiled.plan is not None
    (planned,) = compiled.plan.jobs
    assert canonical(planned.definition.request) == canonical(job.definition.request)
    assert planned.run_request == job.run_request


def test_the_worked_examples_that_a_template_cannot_say() -> None:
    examples = [name for name in JOBS if name.partition(":")[0] in MANIFESTS.values()]

    assert {name for name in examples if says_what_it_cannot(write([JOBS[name]]).notes)} == {
        "like-a-service: migrate-web",
        "network-by-tags: warehouse",
        "no-public-ip: no-public-ip",
        "own-security-groups: own-security-groups",
        "own-subnets: private-subnets",
    }
