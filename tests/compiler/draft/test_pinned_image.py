"""`pin_image`: which image gets a digest, what is asked for it, and what stays open."""

import json
from typing import Any

import pytest
from compiled_jobs import described

from ecsplan.compile import begin, read_jobs, with_answers
from ecsplan.decision.decide_revision import Register, Reuse, Undecided
from ecsplan.plan.facts import Facts
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import spec_of
from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskImage,
    AskLatest,
    AskLinked,
    AskParameter,
    AskService,
    Aws,
    NotThere,
    Observed,
    Question,
    Revision,
    Service,
    Value,
)

DIGEST = f"sha256:{'0a' * 32}"
AWS = Aws(region="eu-west-1")
BASE: dict[str, Any] = {
    "name": "etl", "pin_image": True, "subnets": ["subnet-1"], "aws": {"region": "eu-west-1"}
}  # fmt: skip
SIDECAR = {"name": "proxy", "image": "proxy:1", "essential": False}
WEB = described(
    "web:7", {"containerDefinitions": [{"name": "main", "image": "web:1", "memory": 64}, SIDECAR]}
)
OTHER = f"sha256:{'0b' * 32}"


def with_image(image: str) -> Revision:
    return described("web:7", {"containerDefinitions": [{"name": "main", "image": image, "memory": 64}]})


SERVICE = Service({"serviceName": "web", "taskDefinition": WEB.arn})
Told = dict[type[Question], Answer]


def asked_and_planned(manifest: dict[str, Any], told: Told) -> tuple[list[Question], PlannedJob]:
    """Return what is asked about a job, and its plan; images have a digest unless `told` says otherwise."""
    compilation = begin(read_jobs(json.dumps(BASE | manifest), file="job.yaml"), Observed())
    asked: list[Question] = []
    while questions := compilation.questions:
        asked += questions
        compilation = with_answers(compilation, {each: answer(each, told) for each in questions})
    result = compilation.result()
    assert result.plan is not None, result.diagnostics
    return asked, result.plan.jobs[0]


def answer(question: Question, told: Told) -> Answer:
    if type(question) in told:
        return told[type(question)]
    if isinstance(question, AskImage):
        tag = "" if ":" in question.image else ":latest"
        return f"{question.image}{tag}@{DIGEST}"
    return "111122223333" if isinstance(question, AskAccount) else None


def images(job: PlannedJob) -> dict[str, str]:
    return {each["name"]: each["image"] for each in job.definition.request["containerDefinitions"]}


def replaced(image: str) -> list[dict[str, str]]:
    return [{"op": "replace", "path": "/containerDefinitions/0/image", "value": image}]


@pytest.mark.parametrize(
    ("manifest", "told", "asked", "expected"),
    [
        pytest.param({"image": "etl:1"}, {}, ("etl:1", "linux/amd64"), {"main": f"etl:1@{DIGEST}"}, id="key"),
        pytest.param(
            {"image": "etl"}, {}, ("etl", "linux/amd64"), {"main": f"etl:latest@{DIGEST}"}, id="no tag"
        ),
        pytest.param({"image": f"etl@{DIGEST}"}, {}, None, {"main": f"etl@{DIGEST}"}, id="a digest already"),
        pytest.param({"image": f"etl:1@{DIGEST}"}, {}, None, {"main": f"etl:1@{DIGEST}"}, id="both already"),
        pytest.param({"image": "etl:1", "pin_image": False}, {}, None, {"main": "etl:1"}, id="false"),
        pytest.param({"image": "etl:1", "pin_image": None}, {}, None, {"main": "etl:1"}, id="null"),
        pytest.param(
            {"image": "etl:1", "runtime_platform": {"cpuArchitecture": "ARM64"}},
            {},
            ("etl:1", "linux/arm64"),
            {"main": f"etl:1@{DIGEST}"},
            id="another platform",
        ),
        pytest.param(
            {"image": "etl:1", "launch_type": "EC2"},
            {},
            ("etl:1", None),
            {"main": f"etl:1@{DIGEST}"},
            id="the instances decide",
        ),
        pytest.param(
            {"task_definition": {"containerDefinitions": [SIDECAR, {"name": "main", "image": "etl:1"}]}},
            {},
            ("etl:1", "linux/amd64"),
            {"proxy": "proxy:1", "main": f"etl:1@{DIGEST}"},
            id="in the definition, beside a sidecar",
        ),
        pytest.param(
            {"image": "etl:1", "task_definition_customizations": replaced("etl:2")},
            {},
            ("etl:2", "linux/amd64"),
            {"main": f"etl:2@{DIGEST}"},
            id="in a patch",
        ),
        pytest.param(
            {"image": "etl:1", "task_definition_customizations": replaced(f"etl@{DIGEST}")},
            {},
            None,
            {"main": f"etl@{DIGEST}"},
            id="a digest in a patch",
        ),
        pytest.param(
            {"variables": {}, "image": "etl:${ssm:/tag}"},
            {AskParameter: Value("3")},
            ("etl:3", "linux/amd64"),
            {"main": f"etl:3@{DIGEST}"},
            id="a looked-up tag",
        ),
        pytest.param(
            {"task_definition_arn": "web:7", "launch_type": "EC2"},
            {AskLinked: WEB},
            ("web:1", None),
            {"main": f"web:1@{DIGEST}", "proxy": "proxy:1"},
            id="a linked definition",
        ),
        pytest.param(
            {"task_definition_arn": "web:7", "launch_type": "EC2", "image": "web:2"},
            {AskLinked: WEB},
            ("web:2", None),
            {"main": f"web:2@{DIGEST}", "proxy": "proxy:1"},
            id="a key over a linked definition",
        ),
        pytest.param(
            {"task_definition_arn": "web", "launch_type": "EC2"},
            {AskLinked: with_image(f"web:1@{OTHER}")},
            ("web:1", None),
            {"main": f"web:1@{DIGEST}"},
            id="a family whose newest revision has a digest",
        ),
        pytest.param(
            {"task_definition_arn": "web:7", "launch_type": "EC2"},
            {AskLinked: with_image(f"web:1@{OTHER}")},
            None,
            {"main": f"web:1@{OTHER}"},
            id="a linked revision that has a digest",
        ),
        pytest.param(
            {"task_definition_arn": "web", "launch_type": "EC2"},
            {AskLinked: with_image(f"web@{OTHER}")},
            None,
            {"main": f"web@{OTHER}"},
            id="a family with a digest without a tag",
        ),
        pytest.param(
            {"task_definition_arn": "web", "launch_type": "EC2", "image": f"web:2@{OTHER}"},
            {AskLinked: with_image(f"web:1@{OTHER}")},
            None,
            {"main": f"web:2@{OTHER}"},
            id="a digest in a key over a family",
        ),
        pytest.param(
            {"service": "web", "launch_type": "EC2"},
            {AskLinked: WEB, AskService: SERVICE},
            ("web:1", None),
            {"main": f"web:1@{DIGEST}", "proxy": "proxy:1"},
            id="a service",
        ),
    ],
)
def test_the_image_that_would_run_is_pinned(
    manifest: dict[str, Any],
    told: Told,
    asked: tuple[str, str | None] | None,
    expected: dict[str, str],
) -> None:
    questions, job = asked_and_planned(manifest, told)

    assert images(job) == expected
    assert [each for each in questions if isinstance(each, AskImage)] == (
        [] if asked is None else [AskImage(AWS, *asked)]
    )
    own = next(each for name, each in expected.items() if name == "main")
    assert job.observed.get("image") == (None if asked is None else own)


def test_what_a_plan_observed_is_asked_again_from_its_spec() -> None:
    told: Told = {AskLinked: WEB, AskService: SERVICE}
    _, job = asked_and_planned({"service": "web", "launch_type": "EC2"}, told)

    facts = Facts((spec_of(job),))
    while questions := facts.questions:
        facts = facts.with_answers({each: answer(each, told) for each in questions})

    (found,) = facts.found()
    assert found == job.observed


def test_a_linked_definition_that_is_pinned_already_runs_as_it_is() -> None:
    pinned = with_image(f"web:1@{DIGEST}")

    questions, job = asked_and_planned(
        {"task_definition_arn": "web:7", "launch_type": "EC2"}, {AskLinked: pinned}
    )

    assert job.definition.decision == Reuse(pinned.arn)
    assert "image" not in job.observed
    assert not [each for each in questions if isinstance(each, AskImage | AskLatest)]


def latest(image: str) -> Revision:
    body = {
        "containerDefinitions": [{"name": "main", "image": image}], "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc", "cpu": "1024", "memory": "2048",
    }  # fmt: skip
    return described("etl:4", body)


@pytest.mark.parametrize(
    ("image", "kind"),
    [(f"etl:1@{DIGEST}", Reuse), (f"etl:1@{OTHER}", Register), ("etl:1", Register)],
    ids=["the same digest", "another digest", "the tag alone"],
)
def test_a_revision_is_reused_by_its_digest(image: str, kind: type[Reuse | Register]) -> None:
    _, job = asked_and_planned({"image": "etl:1"}, {AskLatest: latest(image)})

    assert isinstance(job.definition.decision, kind)


@pytest.mark.parametrize("lost", [NotThere("there is no etl:1", "push it", "lookup-not-found")])
def test_an_image_that_is_not_there_is_an_error_at_the_image(lost: NotThere) -> None:
    compilation = begin(read_jobs("image: etl:1\npin_image: true\n", file="job.yaml"), Observed())
    while questions := compilation.questions:
        compilation = with_answers(
            compilation,
            {each: lost if isinstance(each, AskImage) else answer(each, {}) for each in questions},
        )

    found = [each for each in compilation.result().diagnostics if each.severity == "error"]

    assert [(each.rule, each.message, each.help) for each in found][:1] == [
        (lost.rule, lost.message, lost.help)
    ]
    assert (found[0].location.line, found[0].location.column) == (1, 8)


def test_offline_nothing_is_decided() -> None:
    result = begin(read_jobs(json.dumps({**BASE, "image": "etl:1"}), file="job.yaml"), None).result()

    assert result.plan is not None
    (job,) = result.plan.jobs
    assert isinstance(job.definition.decision, Undecided)
    assert images(job) == {"main": "etl:1@<digest at apply>"}
    assert job.observed == {}
