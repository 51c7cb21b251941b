"""docs/results.md: its examples are what the schemas say, and it names what they have."""

import json
import re

import pytest
from jsonschema import Draft202012Validator
from page_text import texts
from places import ROOT
from run_world import Region, task

from ecsplan.schema.files import bundled_schema_text
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.runs.listing import list_runs
from ecsplan_cli.render.runs.table import run_json

PAGE = (ROOT / "docs/results.md").read_text("utf-8")
(RESULT,) = texts(PAGE, "json")
(EVENTS,) = texts(PAGE, "ndjson")


def errors(schema: str, document: object) -> list[str]:
    validator = Draft202012Validator(json.loads(bundled_schema_text(schema)))  # type: ignore[arg-type]
    return [each.message for each in validator.iter_errors(document)]


def test_the_result_is_one() -> None:
    assert errors("result", json.loads(RESULT)) == []


@pytest.mark.parametrize("line", EVENTS.splitlines(), ids=lambda line: json.loads(line)["event"])
def test_the_events_are_some(line: str) -> None:
    assert errors("events", json.loads(line)) == []


def test_every_event_is_named() -> None:
    bundled = json.loads(bundled_schema_text("events"))["$defs"].values()
    events = [
        each["properties"]["event"]["const"] for each in bundled if "event" in each.get("properties", {})
    ]

    assert len(events) > 10
    assert [each for each in events if f"`{each}`" not in PAGE and f'"event": "{each}"' not in PAGE] == []


def test_every_outcome_is_named_and_in_the_schema() -> None:
    schema = json.loads(bundled_schema_text("result"))
    known = schema["$defs"]["task"]["properties"]["outcome"]["enum"]

    assert {str(each) for each in Outcome} <= set(known)
    assert [each for each in known if each not in PAGE] == []


def test_the_list_of_runs_has_the_members_of_the_page() -> None:
    (written,) = re.findall(r"^    \[\n(?:    .*\n)+?    \]$", PAGE, re.MULTILINE)
    (shown,) = json.loads(written)
    world = Region({"batch": [task(1)]})
    session = world.session()
    (run,) = session.run(list_runs(session))

    found = run_json(run)

    assert list(found) == list(shown)
    assert list(found["tasks"]) == list(shown["tasks"])
    (copy,) = found["copies"]
    assert [list(each) for each in shown["copies"]] == [list(copy)] * 2
    assert [list(each["phases"]) for each in shown["copies"]] == [list(copy["phases"])] * 2
