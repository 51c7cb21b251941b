"""Images: those of all containers have to be there, and for the platform that runs them."""

import json
from collections.abc import Mapping

import boto3
import pytest
from emulator_servers import Emulator
from image_manifests import image, in_ecr, index
from registry_server import DOCKER_IMAGE, DOCKER_LIST, digest_of
from scripted_aws import Said, denied
from scripted_registries import ScriptedRegistries, Told
from verified_manifests import Found, found_at, found_by

from ecsplan_applier.outcomes.errors import AwsError, RegistryError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.finding import Finding
from ecsplan_applier.verify.images import ContainerImage, image_exists, image_platform, images

EXISTS = Check(image_exists, over=images)
PLATFORM = Check(image_platform, over=images)
HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
ROLE = "execution_role_arn: arn:aws:iam::123456789012:role/exec\n"
IN_ECR = f"image: {HOST}/etl:1\n{ROLE}"
ELSEWHERE = "image: quay.io/etl:1\n"
BOTH, AMD = index("linux/amd64", "linux/arm64/v8"), index("linux/amd64")


def one(found: Found) -> Finding:
    (finding,) = found.findings
    return finding


def elsewhere(
    check: Check[ContainerImage], manifest: str, told: Told, blobs: Mapping[str, str] | None = None
) -> Finding:
    says: dict[str, Told] = {"quay.io/etl:1": told}
    if told is not None and not isinstance(told, RegistryError):
        says[f"quay.io/etl@{told.digest}"] = told
    return one(found_by(check, manifest, {}, registries=ScriptedRegistries(says, blobs or {})))


@pytest.mark.parametrize(
    ("says", "state", "message"),
    [
        pytest.param({"images": [in_ecr(BOTH, "1")]}, "ok", f"image {HOST}/etl:1 exists", id="there"),
        pytest.param(
            {"images": [], "failures": [{"failureCode": "ImageNotFound"}]},
            "fails",
            "the ECR repository 'etl' has no tag '1'",
            id="no tag",
        ),
        pytest.param(
            denied("BatchGetImage", "RepositoryNotFoundException"),
            "fails",
            "the account 123456789012 has no ECR repository 'etl' in us-east-1",
            id="no repository",
        ),
        pytest.param(
            denied("BatchGetImage"),
            "unknown",
            f"image {HOST}/etl:1: BatchGetImage is denied",
            id="denied",
        ),
    ],
)
def test_the_image_is_in_ecr(says: Mapping[str, object] | AwsError, state: str, message: str) -> None:
    found = one(found_by(EXISTS, IN_ECR, {"BatchGetImage": says}))

    assert (found.state, found.check, found.message) == (state, "image-exists", message)
    assert (found.location.path, found.location.line, found.location.column) == ("job.yaml", 1, 8)


@pytest.mark.parametrize(
    ("told", "state", "message"),
    [
        pytest.param(BOTH, "ok", "image quay.io/etl:1 exists", id="there"),
        pytest.param(None, "fails", "the registry quay.io has no image quay.io/etl:1", id="not there"),
        pytest.param(
            RegistryError("quay.io", RegistryError.DENIED, "denies access"),
            "unknown",
            "image quay.io/etl:1: the registry quay.io denies access",
            id="denied",
        ),
        pytest.param(
            RegistryError("quay.io", RegistryError.NOT_REACHED, "could not be reached"),
            "unknown",
            "image quay.io/etl:1: the registry quay.io could not be reached",
            id="out of reach",
        ),
    ],
)
def test_the_image_is_in_another_registry(told: Told, state: str, message: str) -> None:
    found = elsewhere(EXISTS, ELSEWHERE, told)

    assert (found.state, found.message) == (state, message)


@pytest.mark.parametrize(
    "told",
    [None, RegistryError("quay.io", RegistryError.DENIED, "denies access")],
    ids=["not there", "denied"],
)
def test_what_only_credentials_of_ecs_open_is_unknown(told: Told) -> None:
    container = {"name": "main", "repositoryCredentials": {"credentialsParameter": "registry"}}
    definition = json.dumps({"containerDefinitions": [container]})

    found = elsewhere(EXISTS, f"{ELSEWHERE}{ROLE}task_definition: {definition}\n", told)

    assert found.state == "unknown"
    assert "`repositoryCredentials`, whose secret is not read" in found.help


CACHED = f"image: {HOST}/docker-hub/library/etl:1\n{ROLE}"


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        pytest.param({"pullThroughCacheRules": [{"ecrRepositoryPrefix": "docker-hub"}]}, "unknown", id="it"),
        pytest.param(
            {"pullThroughCacheRules": [{"ecrRepositoryPrefix": "docker-hub/library"}]}, "unknown", id="longer"
        ),
        pytest.param({"pullThroughCacheRules": [{"ecrRepositoryPrefix": "ROOT"}]}, "unknown", id="all"),
        pytest.param({"pullThroughCacheRules": [{"ecrRepositoryPrefix": "docker"}]}, "fails", id="another"),
        pytest.param({"pullThroughCacheRules": []}, "fails", id="none"),
        pytest.param(denied("DescribePullThroughCacheRules"), "fails", id="denied"),
        pytest.param(
            AwsError("DescribePullThroughCacheRules", AwsError.BAD_ANSWER, "an HTML page", status=500),
            "fails",
            id="an emulator without rules",
        ),
    ],
)
@pytest.mark.parametrize(
    "missing",
    [denied("BatchGetImage", "RepositoryNotFoundException"), {"images": []}],
    ids=["no repository", "no tag"],
)
def test_a_pull_through_cache_may_bring_in_what_is_missing(missing: Said, rules: Said, state: str) -> None:
    says = {"BatchGetImage": missing, "DescribePullThroughCacheRules": rules}

    found = found_by(EXISTS, CACHED, says)

    assert one(found).state == state
    assert [name for name, _ in found.requests] == ["BatchGetImage", "DescribePullThroughCacheRules"]
    assert found.requests[1][1] == {"registryId": "123456789012"}


def test_every_container_is_looked_at_where_it_is_written() -> None:
    manifest = (
        "image: quay.io/etl:1\n"
        "task_definition:\n"
        "  containerDefinitions:\n"
        "    - {name: main}\n"
        "    - {name: proxy, image: 'quay.io/proxy:2', essential: false}\n"
    )
    registries = ScriptedRegistries({"quay.io/etl:1": AMD, f"quay.io/etl@{AMD.digest}": AMD})

    found = found_by(EXISTS, manifest, {}, registries=registries).findings

    assert [(each.state, each.location.line, each.location.column) for each in found] == [
        ("ok", 1, 8),
        ("fails", 5, 28),
    ]


@pytest.mark.parametrize(
    ("image_text", "state", "message"),
    [
        ("Team/Etl:1/x", "fails", "image Team/Etl:1/x is not the name of an image: no pull of it succeeds"),
        ("etl:1:2", "fails", "image etl:1:2 is not the name of an image: no pull of it succeeds"),
    ],
)
def test_what_is_not_the_name_of_an_image(image_text: str, state: str, message: str) -> None:
    found = one(found_by(EXISTS, f"image: {image_text}\n", {}))

    assert (found.state, found.message) == (state, message)


@pytest.mark.parametrize(
    ("image_text", "state"),
    [("quay.io/etl:${ssm:/tag}", "unknown"), ("quay.io/etl:1", "ok")],
    ids=["a lookup", "a digest"],
)
def test_of_an_offline_plan_the_tag_is_looked_at(image_text: str, state: str) -> None:
    manifest = f"variables: {{}}\nimage: {image_text}\npin_image: true\n"
    registries = ScriptedRegistries({"quay.io/etl:1": AMD, f"quay.io/etl@{AMD.digest}": AMD})

    assert one(found_by(EXISTS, manifest, {}, registries=registries)).state == state


ARM = "runtime_platform: {cpuArchitecture: ARM64}\n"
EC2 = "launch_type: EC2\n"
SPOT = "launch_type: FARGATE_SPOT\n"


@pytest.mark.parametrize(
    ("manifest", "platforms", "state", "message"),
    [
        pytest.param("", ("linux/amd64",), "ok", "is for linux/amd64", id="default"),
        pytest.param(SPOT, ("linux/amd64",), "ok", "is for linux/amd64", id="on Spot"),
        pytest.param(ARM, ("linux/amd64", "linux/arm64/v8"), "ok", "is for linux/arm64", id="ARM"),
        pytest.param(
            "",
            ("linux/arm64/v8",),
            "fails",
            "is not for linux/amd64, on which the job runs, but for linux/arm64/v8",
            id="built on another machine",
        ),
        pytest.param(
            ARM,
            ("linux/amd64", "windows/amd64"),
            "fails",
            "is not for linux/arm64, on which the job runs, but for linux/amd64, windows/amd64",
            id="ARM missing",
        ),
        pytest.param(EC2 + ARM, ("linux/amd64",), "fails", "is not for linux/arm64, on", id="said on EC2"),
        pytest.param(
            EC2, ("linux/amd64",), "unknown", "is for linux/amd64; the container instances", id="on EC2"
        ),
        pytest.param(
            EC2, ("linux/amd64", "linux/arm64"), "ok", "is for linux/amd64, linux/arm64", id="both on EC2"
        ),
        pytest.param("", ("unknown/unknown",), "unknown", "names no platform", id="an attestation alone"),
    ],
)
def test_the_image_is_for_the_platform(
    manifest: str, platforms: tuple[str, ...], state: str, message: str
) -> None:
    found = elsewhere(PLATFORM, ELSEWHERE + manifest, index(*platforms))

    assert (found.state, found.check) == (state, "image-platform")
    assert found.message.startswith(f"image quay.io/etl:1 {message}")
    assert (found.location.line, found.location.column) == (1, 8)


@pytest.mark.parametrize(("platform", "state"), [("linux/amd64", "ok"), ("linux/arm64", "fails")])
def test_of_a_single_image_the_configuration_is_read(platform: str, state: str) -> None:
    manifest, blobs = image(platform)
    (config,) = blobs
    says: Mapping[str, Said] = {
        "BatchGetImage": {"images": [in_ecr(manifest, "1")]},
        "GetDownloadUrlForLayer": {"downloadUrl": "https://bucket.example/x", "layerDigest": config},
    }

    assert elsewhere(PLATFORM, ELSEWHERE, manifest, blobs).state == state
    found = found_by(PLATFORM, IN_ECR, says, registries=ScriptedRegistries({}, blobs))
    assert one(found).state == state
    assert [name for name, _ in found.requests] == ["BatchGetImage", "GetDownloadUrlForLayer"]


def test_a_configuration_that_may_not_be_read_is_unknown() -> None:
    manifest, _ = image()

    found = one(found_by(PLATFORM, IN_ECR, {"BatchGetImage": {"images": [in_ecr(manifest, "1")]}}))

    assert found.state == "unknown"
    assert found.message == f"image {HOST}/etl:1: GetDownloadUrlForLayer is denied"


@pytest.mark.parametrize("status", [200, 500], ids=["a page", "a failure"])
def test_an_endpoint_that_has_no_configurations_is_asked_once(status: int) -> None:
    manifest, _ = image()
    says: Mapping[str, Said] = {
        "BatchGetImage": {"images": [in_ecr(manifest, "1")]},
        "GetDownloadUrlForLayer": AwsError(
            "GetDownloadUrlForLayer", AwsError.BAD_ANSWER, "an HTML page", status=status
        ),
    }

    found = found_by([EXISTS, PLATFORM], IN_ECR, says)

    assert found.states() == [("image-exists", "ok"), ("image-platform", "unknown")]
    message = f"image {HOST}/etl:1: this endpoint has no GetDownloadUrlForLayer"
    assert found.findings[1].message == message
    assert [name for name, _ in found.requests] == ["BatchGetImage", "GetDownloadUrlForLayer"]


def test_of_what_is_not_there_the_platform_is_not_judged() -> None:
    assert found_by(PLATFORM, IN_ECR, {"BatchGetImage": {"images": []}}).findings == ()
    assert found_by(PLATFORM, IN_ECR, {}).findings == ()
    assert found_by(PLATFORM, "image: etl:1:2\n", {}).findings == ()


def test_many_jobs_ask_together() -> None:
    manifest = "".join(f"---\nname: j{n}\nimage: {HOST}/etl:{n % 3}\n{ROLE}" for n in range(20))

    found = found_by(
        [EXISTS, PLATFORM], manifest, {"BatchGetImage": {"images": [in_ecr(BOTH, str(n)) for n in range(3)]}}
    )

    assert [(name, len(request["imageIds"])) for name, request in found.requests] == [("BatchGetImage", 3)]
    assert len(found.findings) == 40
    assert {each.state for each in found.findings} == {"ok"}


def test_images_in_moto(moto_account: Emulator) -> None:
    ecr = boto3.client(
        "ecr",
        region_name="us-east-1",
        endpoint_url=moto_account.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    ecr.create_repository(repositoryName="etl")
    ecr.put_image(
        repositoryName="etl",
        imageTag="1",
        imageManifest=AMD.text,
        imageManifestMediaType=DOCKER_LIST,
        imageDigest=digest_of(AMD.text.encode()),
    )
    manifest = f"image: {HOST}/etl:1\n{ROLE}---\nname: gone\nimage: {HOST}/etl:2\n{ROLE}"

    found = found_at([EXISTS, PLATFORM], manifest, moto_account.url)

    assert found.states() == [("image-exists", "ok"), ("image-platform", "ok"), ("image-exists", "fails")]


def test_a_configuration_that_an_emulator_does_not_have_is_unknown(moto_account: Emulator) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    ecr = boto3.client("ecr", region_name="us-east-1", endpoint_url=moto_account.url, **keys)
    ecr.create_repository(repositoryName="etl")
    manifest, _ = image()
    ecr.put_image(
        repositoryName="etl",
        imageTag="1",
        imageManifest=manifest.text,
        imageManifestMediaType=DOCKER_IMAGE,
    )

    found = found_at([EXISTS, PLATFORM], f"image: {HOST}/etl:1\n{ROLE}", moto_account.url)

    assert found.states() == [("image-exists", "ok"), ("image-platform", "unknown")]
    assert "this endpoint has no GetDownloadUrlForLayer" in found.findings[1].message
