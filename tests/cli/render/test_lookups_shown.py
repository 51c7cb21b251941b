"""What `diff` shows of looked-up values, and of lookups that are open."""

import json
from typing import Any

import pytest
from compiled_jobs import AWS, described

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import Plan
from ecsplan.plan.preview import preview
from ecsplan.terms.observed import Answer, AskLatest, AskLinked, AskParameter, Observed, Question, Value
from ecsplan_cli.render.diff import render_json, render_text
from ecsplan_cli.render.diff_markdown import render_markdown
from ecsplan_cli.render.review import review

NETWORK = {"subnets": "${ssm:/subnets}", "securityGroups": ["${ssm:/group}"], "assignPublicIp": "${ssm:/ip}"}
BODY = {
    "image": "alpine:${ssm:/tag}",
    "count": "${ssm:/count}",
    "cpu": "${ssm:/cpu}",
    "memory": 2048,
    "env": {"TOKEN": "${ssm:/db/password}"},
    "network_configuration": NETWORK,
}
FOUND: dict[Question, Answer] = {
    AskParameter(AWS, "/tag"): Value("3.20"),
    AskParameter(AWS, "/count"): Value("2"),
    AskParameter(AWS, "/cpu"): Value("1024"),
    AskParameter(AWS, "/db/password"): Value("hunter2-hunter2"),
    AskParameter(AWS, "/subnets"): Value(("subnet-1", "subnet-2")),
    AskParameter(AWS, "/group"): Value("sg-1"),
    AskParameter(AWS, "/ip"): Value("DISABLED"),
    AskLatest(AWS, "etl"): None,
}


def planned(body: dict[str, Any], observed: Observed | None = None) -> Plan:
    text = json.dumps({"variables": {}, "name": "etl", **body})
    done = compile_manifest(text, file="job.yaml", region="eu-west-1", observed=observed)
    assert done.plan is not None, done.diagnostics
    return done.plan


def shown(plan: Plan) -> tuple[str, str, str]:
    jobs = review(plan)
    return render_text(jobs), render_markdown(jobs), render_json(jobs)


def test_each_form_shows_what_was_looked_up() -> None:
    text, markdown, document = shown(planned(BODY, Observed(FOUND)))

    for form in (text, markdown):
        assert '    looked up: ssm:/tag = "3.20"\n' in form
        assert '    looked up: ssm:/subnets = ["subnet-1", "subnet-2"]\n' in form
        assert "run 2 tasks on the default cluster in eu-west-1: FARGATE, 1 vCPU, 2048 MiB, 2 subnets" in form
        assert "/observed" not in form
    assert json.loads(document)["jobs"][0]["observed"]["ssm:/tag"] == "3.20"


def test_what_looks_like_a_credential_is_masked() -> None:
    for form in shown(planned(BODY, Observed(FOUND))):
        assert "hunter2" not in form
        assert "ssm:/db/password" in form


def test_offline_the_placeholders_are_shown_and_nothing_is_said_in_their_place() -> None:
    text, markdown, document = shown(planned(BODY))

    for form in (text, markdown):
        assert "run <ssm:/count at apply> tasks on" in form
        assert "FARGATE, <ssm:/cpu at apply>, 2048 MiB, subnets <ssm:/subnets at apply>" in form
        assert "public IP" not in form
        assert '/networkConfiguration/awsvpcConfiguration/assignPublicIp: "<ssm:/ip at apply>"' in form
        assert "looked up" not in form
    run = json.loads(document)["jobs"][0]["run"]
    assert (run["public_ip"], run["subnets"]) == (None, ["<ssm:/subnets at apply>"])
    assert "image: alpine:<ssm:/tag at apply>" in preview(planned(BODY))


@pytest.mark.parametrize(("known", "linked"), [(True, "web:7"), (False, "<ssm:/arn at apply>")])
def test_a_linked_definition_is_shown_by_what_was_found(known: bool, linked: str) -> None:
    container = {"name": "main", "image": "alpine", "memory": 512}
    web = described("web:7", {"containerDefinitions": [container]})
    answers: dict[Question, Answer] = {
        AskParameter(AWS, "/arn"): Value("web:7"),
        AskLinked(AWS, "web:7"): web,
    }
    body = {"task_definition_arn": "${ssm:/arn}", "launch_type": "EC2"}
    plan = planned(body, Observed(answers) if known else None)

    (job,) = review(plan)
    assert job.linked == linked
    assert job.reason == ("linked" if known else "open")
    assert known or f"taskDefinition: {linked}" in preview(plan)


@pytest.mark.parametrize(
    ("key", "pointer"),
    [
        ("task_customizations", "# <task_customizations at apply>\n"),
        ("task_definition_customizations", "# <task_definition_customizations at apply>\n"),
    ],
)
def test_preview_names_a_patch_that_is_looked_up(key: str, pointer: str) -> None:
    plan = planned({"image": "alpine", key: "${ssm:/patch}"})

    assert pointer in preview(plan)
    assert f'/open: ["/{key}"]' in render_text(review(plan))
