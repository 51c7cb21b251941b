"""Finding images: which calls are made, what there is, and what is tried again."""

import json
from collections.abc import Mapping, Sequence

import boto3
import pytest
from emulator_servers import Emulator
from image_manifests import image, in_ecr, index
from registry_server import DOCKER_LIST
from scripted_aws import REGION, JumpingClock, Said, ScriptedAws, denied
from scripted_registries import ScriptedRegistries

from ecsplan.terms.image_names import ImageName, image_name
from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import SessionOptions, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.registries import ManifestAnswer
from ecsplan_applier.images.find_images import Answer, find_images, platforms_of
from ecsplan_applier.images.found import FoundImage, NoImage
from ecsplan_applier.images.manifests import NotAManifestError, fits, read_manifest
from ecsplan_applier.observing.observer import Observation, Observer
from ecsplan_applier.outcomes.errors import AwsError, RegistryError

ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
BOTH = index("linux/amd64", "linux/arm64/v8", "unknown/unknown")


def name(text: str) -> ImageName:
    found = image_name(text)
    assert found is not None
    return found


def found(
    images: Sequence[str],
    says: Mapping[str, Said] | None = None,
    registries: ScriptedRegistries | None = None,
) -> tuple[list[Answer], ScriptedAws]:
    aws = ScriptedAws(says or {})

    async def run(observation: Observation) -> list[Answer]:
        target = observation.target(Aws())
        return await find_images(observation.asker, target, [name(each) for each in images])

    observer = Observer(
        gateway=aws, registries=registries or ScriptedRegistries(), clock=JumpingClock(), workers=0
    )
    return observer.run(run), aws


def failure(tag: str, code: str = "ImageNotFound") -> Body:
    return {"imageId": {"imageTag": tag}, "failureCode": code, "failureReason": "for a reason"}


def test_images_of_one_repository_share_a_call() -> None:
    one, two = index("linux/amd64"), index("linux/arm64")

    def answer(request: Body) -> Body:
        assert request["registryId"] == "111122223333"
        assert request["repositoryName"] == "etl"
        assert "application/vnd.oci.image.index.v1+json" in request["acceptedMediaTypes"]
        assert request["imageIds"] == [{"imageTag": "1"}, {"imageDigest": two.digest}, {"imageTag": "gone"}]
        return {
            "images": [in_ecr(two, "2"), in_ecr(one, "1")],
            "failures": [failure("gone")],
        }

    answers, aws = found(
        [f"{ECR}/etl:1", f"{ECR}/etl@{two.digest}", f"{ECR}/etl:1", f"{ECR}/etl:gone"],
        {"BatchGetImage": answer},
    )

    assert [each.digest for each in answers[:3] if isinstance(each, FoundImage)] == [
        one.digest,
        two.digest,
        one.digest,
    ]
    assert isinstance(answers[3], NoImage)
    assert "the ECR repository 'etl' has no tag 'gone'" in answers[3].message
    assert "pull-through cache" in answers[3].help
    assert aws.calls == {"BatchGetImage": 1}


def test_a_hundred_images_are_asked_for_at_once() -> None:
    def answer(request: Body) -> Body:
        return {"images": [], "failures": [failure(each["imageTag"]) for each in request["imageIds"]]}

    answers, aws = found([f"{ECR}/etl:{n}" for n in range(101)], {"BatchGetImage": answer})

    assert [len(request["imageIds"]) for _, request in aws.requests] == [100, 1]
    assert len(answers) == 101


def test_an_image_with_two_tags_is_found_by_both() -> None:
    def answer(request: Body) -> Body:
        return {"images": [in_ecr(BOTH, "2") for _ in request["imageIds"]], "failures": []}

    answers, aws = found([f"{ECR}/etl:1", f"{ECR}/etl:2"], {"BatchGetImage": answer})

    assert [each.digest for each in answers if isinstance(each, FoundImage)] == [BOTH.digest] * 2
    assert aws.calls == {"BatchGetImage": 2}


@pytest.mark.parametrize("code", ["KmsError", "UpstreamTooManyRequests", "ImageInaccessible"])
@pytest.mark.parametrize("others", [[], [f"{ECR}/etl:2"]], ids=["alone", "with others"])
def test_an_image_that_ecr_cannot_get_at_is_not_taken_for_missing(code: str, others: list[str]) -> None:
    answer = {"images": [in_ecr(BOTH, "2") for _ in others], "failures": [failure("1", code)]}

    (first, *rest), aws = found([f"{ECR}/etl:1", *others], {"BatchGetImage": answer})

    assert str(first) == f"image {ECR}/etl:1: the registry {ECR} cannot get the image ({code}: for a reason)"
    assert all(isinstance(each, FoundImage) for each in rest)
    assert aws.calls == {"BatchGetImage": 1}


def test_ecr_is_asked_in_the_region_of_the_registry() -> None:
    regions: list[str] = []

    class Noting(ScriptedAws):
        def call(self, target: Target, operation: Operation, request: Body) -> Body:
            regions.append(target.region)
            return super().call(target, operation, request)

    aws = Noting({"BatchGetImage": {"images": []}})

    async def run(observation: Observation) -> list[Answer]:
        return await find_images(observation.asker, observation.target(Aws()), [name(f"{ECR}/etl:1")])

    Observer(gateway=aws, clock=JumpingClock(), workers=0).run(run)

    assert regions == ["eu-west-1"]
    assert REGION != "eu-west-1"


@pytest.mark.parametrize("code", ["RepositoryNotFoundException"])
def test_a_repository_that_is_not_there(code: str) -> None:
    (answer,), _ = found([f"{ECR}/team/etl:1"], {"BatchGetImage": denied("BatchGetImage", code)})

    assert isinstance(answer, NoImage)
    assert answer.message == "the account 111122223333 has no ECR repository 'team/etl' in eu-west-1"
    assert "pull-through cache" in answer.help


def test_what_ecr_refuses_is_the_answer() -> None:
    (answer, other), _ = found([f"{ECR}/etl:1", "quay.io/etl:1"])

    assert isinstance(answer, AwsError)
    assert answer.code == "AccessDeniedException"
    assert isinstance(other, NoImage)


@pytest.mark.parametrize(
    "identity", [{}, {"imageDigest": "sha256:1"}, {"imageDigest": 5}], ids=["none", "short", "a number"]
)
def test_an_answer_of_ecr_without_a_digest_is_an_error(identity: dict[str, object]) -> None:
    answer = {"images": [{**in_ecr(BOTH, "1"), "imageId": identity}]}

    (found_one,), _ = found([f"{ECR}/etl:1"], {"BatchGetImage": answer})

    assert isinstance(found_one, AwsError)
    assert found_one.code == AwsError.BAD_ANSWER


def test_an_answer_that_ecr_would_not_give_is_an_error() -> None:
    (answer,), _ = found([f"{ECR}/etl:1"], {"BatchGetImage": {}})

    assert isinstance(answer, AwsError)
    assert answer.code == AwsError.BAD_ANSWER


def test_an_artifact_that_is_no_image_has_a_digest() -> None:
    chart = ManifestAnswer(BOTH.digest, "application/vnd.example", "{}")

    (answer,), _ = found([f"{ECR}/etl:1"], {"BatchGetImage": {"images": [in_ecr(chart, "1")]}})

    assert isinstance(answer, FoundImage)
    assert (answer.digest, answer.platforms) == (BOTH.digest, None)


@pytest.mark.parametrize(
    ("manifest", "asked", "platforms"),
    [
        pytest.param(
            BOTH,
            ["head quay.io/etl:1", f"manifest quay.io/etl@{BOTH.digest}"],
            ("linux/amd64", "linux/arm64/v8"),
            id="index",
        ),
        pytest.param(image()[0], ["head quay.io/etl:1"], None, id="single image"),
    ],
)
def test_a_registry_is_asked_for_the_head_and_the_platforms_of_an_index(
    manifest: ManifestAnswer, asked: list[str], platforms: tuple[str, ...] | None
) -> None:
    registries = ScriptedRegistries({"quay.io/etl:1": manifest, f"quay.io/etl@{manifest.digest}": manifest})

    answers, _ = found(["quay.io/etl:1", "quay.io/etl:1"], registries=registries)

    assert [each for each in answers if isinstance(each, FoundImage)] == answers
    assert {(each.digest, each.platforms) for each in answers if isinstance(each, FoundImage)} == {
        (manifest.digest, platforms)
    }
    assert registries.asked == asked


def test_a_registry_is_asked_once_for_all_regions() -> None:
    registries = ScriptedRegistries({"quay.io/etl:1": image()[0]})

    async def run(observation: Observation) -> list[list[Answer]]:
        targets = [observation.target(Aws(region=each)) for each in ("eu-west-1", "us-east-1")]
        return await observation.asker.together(
            find_images(observation.asker, target, [name("quay.io/etl:1")]) for target in targets
        )

    Observer(gateway=ScriptedAws({}), registries=registries, clock=JumpingClock(), workers=0).run(run)

    assert registries.asked == ["head quay.io/etl:1"]


def test_what_a_registry_does_not_have() -> None:
    (answer,), _ = found(["team/etl:1"])

    assert isinstance(answer, NoImage)
    assert answer.message == "the registry docker.io has no image team/etl:1"


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        pytest.param(RegistryError("quay.io", RegistryError.TROUBLE, "is down"), 5, id="trouble"),
        pytest.param(RegistryError("quay.io", RegistryError.NOT_REACHED, "is away"), 2, id="not reached"),
        pytest.param(
            RegistryError("quay.io", RegistryError.THROTTLED, "waits", retry_after_s=9.0), 3, id="throttled"
        ),
        pytest.param(
            RegistryError("quay.io", RegistryError.THROTTLED, "waits", retry_after_s=3600.0), 1, id="for long"
        ),
        pytest.param(RegistryError("quay.io", RegistryError.DENIED, "denies"), 1, id="denied"),
        pytest.param(RegistryError("quay.io", RegistryError.BAD_ANSWER, "is HTML"), 1, id="HTML"),
    ],
)
def test_what_may_pass_is_tried_again(error: RegistryError, tries: int) -> None:
    registries = ScriptedRegistries({"quay.io/etl:1": error})

    (answer,), _ = found(["quay.io/etl:1"], registries=registries)

    assert isinstance(answer, RegistryError)
    assert str(answer) == f"image quay.io/etl:1: the registry quay.io {error.text}"
    assert len(registries.asked) == tries


def test_a_failure_that_passes_is_forgotten() -> None:
    failures = [RegistryError("quay.io", RegistryError.TROUBLE, "is down")] * 2
    registries = ScriptedRegistries({"quay.io/etl:1": lambda: failures.pop() if failures else image()[0]})

    (answer,), _ = found(["quay.io/etl:1"], registries=registries)

    assert answer == FoundImage(image()[0].digest)


def platforms(text: str, says: Mapping[str, Said], registries: ScriptedRegistries) -> tuple[str, ...]:
    async def run(observation: Observation) -> tuple[str, ...]:
        target = observation.target(Aws())
        (answer,) = await find_images(observation.asker, target, [name(text)])
        assert isinstance(answer, FoundImage)
        return await platforms_of(observation.asker, target, name(text), answer)

    aws = ScriptedAws(says)
    return Observer(gateway=aws, registries=registries, clock=JumpingClock(), workers=0).run(run)


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64/v8", "windows/amd64"])
def test_the_platform_of_a_single_image_stands_in_its_configuration(platform: str) -> None:
    manifest, blobs = image(platform)
    says = {"quay.io/etl:1": manifest, f"quay.io/etl@{manifest.digest}": manifest}
    (config,) = blobs
    url = "https://bucket.example/config"
    in_aws: Mapping[str, Said] = {
        "BatchGetImage": {"images": [in_ecr(manifest, "1")]},
        "GetDownloadUrlForLayer": {"downloadUrl": url, "layerDigest": config},
    }

    assert platforms("quay.io/etl:1", {}, ScriptedRegistries(says, blobs)) == (platform,)
    registries = ScriptedRegistries({}, blobs)
    assert platforms(f"{ECR}/etl:1", in_aws, registries) == (platform,)
    assert registries.asked == [f"download {url}"]


def test_a_configuration_that_names_no_platform() -> None:
    manifest, blobs = image("linux")

    assert (
        platforms(
            "quay.io/etl:1",
            {},
            ScriptedRegistries(
                {"quay.io/etl:1": manifest, f"quay.io/etl@{manifest.digest}": manifest}, blobs
            ),
        )
        == ()
    )


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], ()),
        (["unknown/unknown"], ()),
        (["linux/arm64/v8", "unknown/unknown", "linux/arm64/v8"], ("linux/arm64/v8",)),
        (["linux/amd64", ""], None),
        (["linux"], None),
    ],
)
def test_the_platforms_of_an_index(entries: list[str], expected: tuple[str, ...] | None) -> None:
    assert read_manifest(index(*entries).text).platforms == expected


@pytest.mark.parametrize("text", ["", "[]", "5", '{"errors": []}', "<html>", "[" * 100_000])
def test_what_is_not_a_manifest(text: str) -> None:
    with pytest.raises(NotAManifestError):
        read_manifest(text)


@pytest.mark.parametrize(
    ("platform", "wanted", "expected"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm/v7", "linux/arm64", False),
        ("windows/amd64", "linux/amd64", False),
    ],
)
def test_variants_do_not_matter(platform: str, wanted: str, expected: bool) -> None:
    assert fits(platform, wanted) is expected


def test_images_in_a_registry_that_moto_plays(moto_account: Emulator) -> None:
    ecr = boto3.client(
        "ecr",
        region_name="eu-west-1",
        endpoint_url=moto_account.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    ecr.create_repository(repositoryName="team/etl")
    pushed = ecr.put_image(
        repositoryName="team/etl",
        imageTag="1",
        imageManifest=json.dumps(
            {"schemaVersion": 2, "manifests": [{"platform": {"os": "linux", "architecture": "arm64"}}]}
        ),
        imageManifestMediaType=DOCKER_LIST,
    )["image"]["imageId"]["imageDigest"]
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    options = SessionOptions(
        region="us-east-1", endpoint_url=moto_account.url, static_credentials=("test", "test")
    )

    async def run(observation: Observation) -> list[Answer]:
        names = [f"{host}/team/etl:1", f"{host}/team/etl@{pushed}", f"{host}/team/etl:2", f"{host}/none:1"]
        target = observation.target(Aws())
        return await find_images(observation.asker, target, [name(each) for each in names])

    by_tag, by_digest, no_tag, no_repository = Observer(options).run(run)

    assert by_tag == by_digest
    assert isinstance(by_tag, FoundImage)
    assert (by_tag.digest, by_tag.platforms) == (pushed, ("linux/arm64",))
    assert isinstance(no_tag, NoImage)
    assert isinstance(no_repository, NoImage)
