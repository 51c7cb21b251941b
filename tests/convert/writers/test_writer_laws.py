"""What every writer keeps: each value of the two requests is in the document, or a note names its member."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from compiled_jobs import compiled
from exported_jobs import (
    Jobs,
    definitions,
    full_definition,
    full_run_request,
    job,
    leaves,
    repository_jobs,
    with_definition,
    with_run_request,
    without_empty,
)
from hypothesis import given, settings

from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.aws.member_case import camel_case
from ecsplan_convert.exported import Exported
from ecsplan_convert.source import ConversionError
from ecsplan_convert.writers import cloudformation, eventbridge, step_functions, terraform
from ecsplan_convert.writers.planned import linked_as_it_is, revision_of, run_request
from ecsplan_convert.writers.unsupported import ASKED, Unsupported

FORMATS: dict[str, Any] = {
    "terraform": terraform,
    "cloudformation": cloudformation,
    "step-functions": step_functions,
    "eventbridge": eventbridge,
}
GENERAL = {"name", "value", "key", "type", "family"}
"""Names of members that say too little in a note."""
OF_DEFINITIONS = ("terraform", "cloudformation")
FORM = pytest.mark.parametrize("form", FORMATS)
REPOSITORY = pytest.mark.parametrize(
    "jobs", [pytest.param(jobs, id=name) for name, jobs in repository_jobs()]
)


def exported(form: str, jobs: Jobs) -> Exported:
    try:
        made: Exported = FORMATS[form].write(jobs)
    except ConversionError:
        pytest.skip("the jobs only link to definitions")
    return made


def values_in(text: str) -> set[str]:
    """Return all values and names of members in a document, those of JSON texts within it too."""
    found: set[str] = set()

    def add(value: Any) -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                add(name)
                add(each)
        elif isinstance(value, list):
            for each in value:
                add(each)
        else:
            found.update((str(value), str(value).replace("$${", "${").replace("%%{", "%{")))
            if isinstance(value, str) and value.startswith(("{", "[")):
                with suppress(ValueError):
                    add(json.loads(value.replace("$${", "${").replace("%%{", "%{")))

    add(json.loads(text))
    return found


def missing(job: PlannedJob, form: str, made: Exported) -> Iterator[str]:
    """Yield the places of values of a job's requests that are neither in a document nor in a note."""
    present = values_in(made.text)
    told = " ".join(each for each in made.notes if each.startswith(f"{job.name}: "))
    quoted = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", told))))
    if form in OF_DEFINITIONS:
        body = {} if linked_as_it_is(job) is not None else job.definition.request
    else:
        body = {}
        if not linked_as_it_is(job) and revision_of(job).startswith("<") and "task definition" not in told:
            yield "the whole definition"
    request = {**run_request(job), "taskDefinition": revision_of(job)}
    if form in OF_DEFINITIONS:
        del request["taskDefinition"]
    for place, value in (*leaves(body), *leaves(request)):
        named = quoted & (set(re.findall(r"[A-Za-z]\w*", place)) - GENERAL)
        if str(value) not in present and not named and not _is_in_an_arn(str(value), present):
            yield f"{place} = {value}"


def _is_in_an_arn(value: str, present: set[str]) -> bool:
    """Return whether a name is at the end of an ARN, or of the placeholder of one."""
    ends = (f"/{value}", f" {value}>")
    return any(each.startswith(("arn:", "<ARN of ")) and each.endswith(ends) for each in present)


@FORM
@REPOSITORY
def test_nothing_is_lost_silently(form: str, jobs: Jobs) -> None:
    maximum = FORMATS[form].MAX_JOBS
    for some in [jobs] if maximum is None or len(jobs) <= maximum else [(each,) for each in jobs]:
        made = exported(form, some)

        assert [place for each in some for place in missing(each, form, made)] == []
        assert all(any(note.startswith(f"{each.name}: ") for each in some) for note in made.notes)
        assert made.text.endswith("}\n")


@FORM
def test_nothing_of_a_full_definition_is_lost_silently(form: str) -> None:
    whole = with_definition(full_definition())

    assert list(missing(whole, form, exported(form, (whole,)))) == []


@FORM
def test_nothing_of_a_full_run_request_is_lost_silently(form: str) -> None:
    whole = with_run_request(full_run_request())

    assert list(missing(whole, form, exported(form, (whole,)))) == []


def test_step_functions_says_the_same_run_request() -> None:
    whole = full_run_request()

    made = exported("step-functions", (with_run_request(whole),))

    assert camel_case(json.loads(made.text)["States"]["etl"]["Parameters"]) == whole


@pytest.mark.parametrize("form", OF_DEFINITIONS)
def test_definitions_that_differ_in_tags_alone_are_two(form: str) -> None:
    def tagged(value: str) -> dict[str, Any]:
        return {
            "image": "alpine:3",
            "family": "etl",
            "task_definition": {"tags": [{"key": "a", "value": value}]},
        }

    plan = compiled({"jobs": {"a": tagged("one"), "b": tagged("two"), "c": tagged("one")}}).plan
    assert plan is not None

    text = exported(form, plan.jobs).text

    assert (text.count('"one"'), text.count('"two"')) == (1, 1)


@pytest.mark.parametrize("form", OF_DEFINITIONS)
@given(request=definitions())
@settings(max_examples=60)
def test_nothing_of_any_definition_is_lost_silently(form: str, request: dict[str, Any]) -> None:
    whole = with_definition(request)

    assert list(missing(whole, form, exported(form, (whole,)))) == []


@given(request=definitions())
@settings(max_examples=60)
def test_cloudformation_says_the_same_definition(request: dict[str, Any]) -> None:
    made = exported("cloudformation", (with_definition(request),))

    (resource,) = json.loads(made.text)["Resources"].values()
    body = camel_case(resource["Properties"])
    assert isinstance(body, dict)
    if "proxyConfiguration" in body:
        proxy = body["proxyConfiguration"]
        body["proxyConfiguration"] = {
            {"proxyConfigurationProperties": "properties"}.get(name, name): each
            for name, each in proxy.items()
        }
    kept = {name: each for name, each in request.items() if name != "trustedExecutionConfiguration"}
    assert without_empty(body) == without_empty(kept)


@FORM
def test_the_table_has_every_key_that_the_format_does_not_say(form: str) -> None:
    table: tuple[Unsupported, ...] = FORMATS[form].TABLE
    said = {"step-functions": {"after", "retry"}, "eventbridge": {"schedule"}}.get(form, set())

    assert sorted(each.key for each in table) == sorted(ASKED.keys() - said)


@FORM
@pytest.mark.parametrize(
    ("key", "value"), [("log_retention_days", 7), ("log_retention", {"days": 7, "always": True})]
)
def test_a_note_names_the_key_that_is_written(form: str, key: str, value: object) -> None:
    manifest = {
        "name": "etl",
        "image": "alpine:3",
        "execution_role_arn": "arn:aws:iam::111122223333:role/x",
        "configure_cloudwatch_logs": True,
        key: value,
    }
    plan = compiled(manifest).plan
    assert plan is not None

    (note,) = [each for each in FORMATS[form].write(plan.jobs).notes if "log_retention" in each]

    assert f"`{key}`" in note


@FORM
@pytest.mark.parametrize(
    "name",
    [
        "${x}",
        "%{x}",
        "größe ☃",
        "☃",
        "a/b\\c\"d'",
        "x" * 400,
        "1",
        "-",
        "Ref",
        "$.x",
        "line\nbreak",
        "<b>",
        "\u202e",
    ],
)
def test_odd_names(form: str, name: str) -> None:
    made = exported(form, (replace(job(), name=name), replace(job(), name=name + "!")))

    assert json.loads(made.text)
    assert all(each.isprintable() or each == "\n" for each in made.text)


@FORM
def test_the_same_jobs_give_the_same_text(form: str) -> None:
    _, jobs = next(repository_jobs())

    assert FORMATS[form].write(jobs) == FORMATS[form].write(jobs)
