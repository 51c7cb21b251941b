"""Answering which digest an image has: its name with tag and digest, or why there is none."""

import pytest
from image_manifests import image, in_ecr, index
from scripted_aws import REGION, JumpingClock, ScriptedAws
from scripted_registries import ScriptedRegistries, Told

from ecsplan.terms.observed import NOT_FOUND, NOT_USABLE, Answer, AskImage, Aws, NotThere, Question
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, RegistryError

HERE = Aws(region=REGION)
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
BOTH, AMD = index("linux/amd64", "linux/arm64/v8"), index("linux/amd64")
SINGLE, _ = image("linux/arm64")


def answers(*questions: Question, told: Told = BOTH) -> dict[Question, Answer]:
    says: dict[str, Told] = {"quay.io/etl:1": told, "quay.io/etl:latest": told}
    if told is not None and not isinstance(told, RegistryError):
        says[f"quay.io/etl@{told.digest}"] = told
    aws = ScriptedAws({"BatchGetImage": {"images": [in_ecr(BOTH, "1")]}})
    registries = ScriptedRegistries(says)
    return Observer(gateway=aws, registries=registries, clock=JumpingClock(), workers=0).answer(questions)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param("quay.io/etl:1", f"quay.io/etl:1@{BOTH.digest}", id="a tag"),
        pytest.param("quay.io/etl", f"quay.io/etl:latest@{BOTH.digest}", id="no tag"),
        pytest.param(f"{ECR}/etl:1", f"{ECR}/etl:1@{BOTH.digest}", id="in ECR"),
    ],
)
@pytest.mark.parametrize("platform", [None, "linux/amd64", "linux/arm64"])
def test_the_digest_is_added_to_the_name(asked: str, answer: str, platform: str | None) -> None:
    question = AskImage(HERE, asked, platform)

    assert answers(question) == {question: answer}


def test_a_single_image_is_taken_for_any_platform() -> None:
    question = AskImage(HERE, "quay.io/etl:1", "linux/amd64")

    assert answers(question, told=SINGLE) == {question: f"quay.io/etl:1@{SINGLE.digest}"}


def test_an_index_without_the_platform_names_those_that_it_has() -> None:
    fits, lacks = (AskImage(HERE, "quay.io/etl:1", each) for each in ("linux/amd64", "linux/arm64"))

    found = answers(fits, lacks, told=AMD)

    assert found[fits] == f"quay.io/etl:1@{AMD.digest}"
    assert found[lacks] == NotThere(
        "image quay.io/etl:1 is not for linux/arm64, on which the job runs, but for linux/amd64",
        "push an image for that platform, or say in `runtime_platform` on which the job runs",
        NOT_USABLE,
    )


@pytest.mark.parametrize(
    ("asked", "rule", "message"),
    [
        ("quay.io/etl:2", NOT_FOUND, "the registry quay.io has no image quay.io/etl:2"),
        (f"{ECR}/etl:gone", NOT_FOUND, "the ECR repository 'etl' has no tag 'gone'"),
        ("quay.io/Etl:1", NOT_USABLE, "'quay.io/Etl:1' is not the name of an image"),
    ],
)
def test_what_is_not_there(asked: str, rule: str, message: str) -> None:
    question = AskImage(HERE, asked)
    aws = ScriptedAws({"BatchGetImage": {"images": []}})

    found = Observer(gateway=aws, registries=ScriptedRegistries(), clock=JumpingClock(), workers=0).answer(
        [question]
    )[question]

    assert isinstance(found, NotThere)
    assert (found.rule, found.message) == (rule, message)


@pytest.mark.parametrize("asked", [f"{ECR}/etl:1", "quay.io/etl:1"])
def test_what_cannot_be_asked_is_an_error(asked: str) -> None:
    error = RegistryError("quay.io", RegistryError.DENIED, "denies access")
    registries = ScriptedRegistries({"quay.io/etl:1": error})

    with pytest.raises(ApplierError) as raised:
        Observer(gateway=ScriptedAws({}), registries=registries, clock=JumpingClock(), workers=0).answer(
            [AskImage(HERE, asked)]
        )

    assert isinstance(raised.value, AwsError | RegistryError)
    assert raised.value.exit_status == 125
    assert asked in str(raised.value)
