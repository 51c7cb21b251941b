"""A plan's requests as YAML, for people: credentials masked, hidden characters written out."""

import json
from collections.abc import Iterator

from ecsplan.decision.decide_revision import Undecided
from ecsplan.draft.patched import DEFINITION_PATCH, TASK_PATCH
from ecsplan.job.from_service import service_name
from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan.plan.planned_spec import linked_of, service_of
from ecsplan.terms.json_types import Document
from ecsplan.terms.placeholders import of_service
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.run_policy import policy_document
from ecsplan.terms.safe_text import escaped, without_commands
from ecsplan.terms.secrecy import mask_document
from ecsplan.yaml.write import yaml_text


def preview(plan: Plan) -> str:
    """Return both requests of every job as a stream of YAML documents.

    What is open stands in `<…>`, what looks like a credential is `***`, and hidden characters are escaped.
    A linked definition that no key is known to change is shown as the link that it is. Operations of patches
    that are left open stand in comments above the document that they are for, and so does what the plan says
    of the job beside its requests, such as what it waits for.
    """
    return "".join(text for job in plan.jobs for text in _documents(job))


def _documents(job: PlannedJob) -> Iterator[str]:
    linked, run = linked_of(job), job.run_request
    definition: Document = job.definition.request
    name = without_commands(escaped(job.name))
    if linked is None:
        title = "task definition (RegisterTaskDefinition)"
    elif definition.keys() <= {"family"} and not job.spec.get(DEFINITION_PATCH):
        title = "linked task definition, run as it is unless the launch type asks for more"
        definition = {"taskDefinition": linked}
        run = {**run, "taskDefinition": linked}
    else:
        shown = without_commands(escaped(str(linked)))
        title = f"what is known of the revision that is made of {shown} (RegisterTaskDefinition)"
    left_open = "".join(_left_open(job, DEFINITION_PATCH))
    yield f"---\n# {name}: {title}\n{left_open}{yaml_text(mask_document(definition))}"
    left_open = "".join((*_open_with_service(job), *_left_open(job, TASK_PATCH)))
    beside = "".join(_beside(job))
    yield f"---\n# {name}: run request (RunTask)\n{beside}{left_open}{yaml_text(mask_document(run))}"


def _beside(job: PlannedJob) -> Iterator[str]:
    """Yield a comment for each member of the plan's job about its order and attempts."""
    for name, value in mask_document(policy_document(job.policy)).items():
        yield f"# {name}: {without_commands(escaped(json.dumps(value, ensure_ascii=False)))}\n"


def _open_with_service(job: PlannedJob) -> Iterator[str]:
    """Yield a comment for what a service gives that has no place in the request before it is known."""
    service = service_of(job)
    if service is None or not isinstance(job.definition.decision, Undecided):
        return
    for what, keys in (
        ("launch type or capacity provider strategy", ("launch_type", "capacity_provider_strategy")),
        ("platform version", ("platform_version",)),
    ):
        if not any(each in job.spec for each in keys):
            yield f"# {without_commands(escaped(of_service(what, service_name(service).name)))}\n"


def _left_open(job: PlannedJob, key: str) -> Iterator[str]:
    """Yield a comment for each operation of a patch that is left open, or for the patch."""
    for pointer in job.left_open:
        name, *indexes = tokens_of(pointer)
        if name == key and not indexes:
            yield f"# <{key} at apply>\n"
        for index in indexes if name == key else ():
            operation = job.spec[key][int(index)]
            path = without_commands(escaped(json.dumps(operation["path"])[1:-1]))
            yield f"# <{key}/{index} at apply>: {operation['op']} {path}\n"
