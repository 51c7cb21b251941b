"""Names of images, read as Docker reads them, and the platform that a task definition runs on."""

from typing import Any

import pytest

from ecsplan.terms.image_names import EcrRegistry, ImageName, image_name, is_in_ecr, platform_of, with_tag

DIGEST = f"sha256:{'0a' * 32}"
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("alpine", ("docker.io", "library/alpine", None, None), id="official"),
        pytest.param("alpine:3", ("docker.io", "library/alpine", "3", None), id="official with a tag"),
        pytest.param("team/etl:1", ("docker.io", "team/etl", "1", None), id="of a user of Docker Hub"),
        pytest.param("docker.io/alpine", ("docker.io", "library/alpine", None, None), id="Docker Hub named"),
        pytest.param("index.docker.io/team/etl", ("docker.io", "team/etl", None, None), id="its old name"),
        pytest.param("quay.io/etl", ("quay.io", "etl", None, None), id="one part elsewhere"),
        pytest.param("ghcr.io/a/b/c:v1.2_3-x", ("ghcr.io", "a/b/c", "v1.2_3-x", None), id="many parts"),
        pytest.param("localhost/etl:1", ("localhost", "etl", "1", None), id="localhost"),
        pytest.param("localhost:5000/etl", ("localhost:5000", "etl", None, None), id="localhost with a port"),
        pytest.param("registry:5000/etl", ("registry:5000", "etl", None, None), id="a port"),
        pytest.param("registry/etl", ("docker.io", "registry/etl", None, None), id="no registry"),
        pytest.param("Registry/etl", ("Registry", "etl", None, None), id="capital letters are of a host"),
        pytest.param("127.0.0.1:5000/a/b:1", ("127.0.0.1:5000", "a/b", "1", None), id="an address"),
        pytest.param("[::1]:5000/etl:1", ("[::1]:5000", "etl", "1", None), id="an IPv6 address"),
        pytest.param(f"etl@{DIGEST}", ("docker.io", "library/etl", None, DIGEST), id="digest"),
        pytest.param(f"{ECR}/etl:1@{DIGEST}", (ECR, "etl", "1", DIGEST), id="tag and digest"),
        pytest.param("a__b/c---d.e_f", ("docker.io", "a__b/c---d.e_f", None, None), id="separators"),
        pytest.param(f"etl:{'t' * 128}", ("docker.io", "library/etl", "t" * 128, None), id="longest tag"),
        pytest.param(f"etl:{'t' * 129}", None, id="tag too long"),
        pytest.param("Etl", None, id="capital letters in a repository"),
        pytest.param("quay.io/Etl", None, id="capital letters in a repository elsewhere"),
        pytest.param("etl:", None, id="empty tag"),
        pytest.param("etl:-1", None, id="tag with a dash in front"),
        pytest.param("etl@sha256:12", None, id="digest too short"),
        pytest.param(f"etl@sha256:{'0A' * 32}", None, id="digest in capitals"),
        pytest.param(f"etl@{DIGEST}:1", None, id="digest before the tag"),
        pytest.param("etl@md5:d41d8cd98f00b204e9800998ecf8427e", None, id="another hash"),
        pytest.param("quay.io/", None, id="no repository"),
        pytest.param("/etl", None, id="empty host"),
        pytest.param("a//b", None, id="empty part"),
        pytest.param("etl_", None, id="separator at the end"),
        pytest.param("etl#1", None, id="a number sign"),
        pytest.param("", None, id="empty"),
    ],
)
def test_names_are_read_as_docker_reads_them(text: str, parts: tuple[Any, ...] | None) -> None:
    assert image_name(text) == (None if parts is None else ImageName(*parts))


@pytest.mark.parametrize(
    ("host", "registry"),
    [
        pytest.param(ECR, EcrRegistry("111122223333", "eu-west-1"), id="private"),
        pytest.param(
            "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
            EcrRegistry("111122223333", "us-gov-west-1"),
            id="FIPS",
        ),
        pytest.param(
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
            EcrRegistry("111122223333", "cn-north-1"),
            id="China",
        ),
        pytest.param(
            "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu",
            EcrRegistry("111122223333", "eusc-de-east-1"),
            id="European Sovereign Cloud",
        ),
        pytest.param(
            "111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov",
            EcrRegistry("111122223333", "us-iso-east-1"),
            id="isolated",
        ),
        pytest.param(
            "111122223333.dkr-ecr.us-west-2.on.aws", EcrRegistry("111122223333", "us-west-2"), id="dual stack"
        ),
        pytest.param(
            "111122223333.dkr-ecr-fips.us-east-1.on.aws",
            EcrRegistry("111122223333", "us-east-1"),
            id="dual stack and FIPS",
        ),
        pytest.param("public.ecr.aws", None, id="public"),
        pytest.param("11112222333.dkr.ecr.eu-west-1.amazonaws.com", None, id="eleven digits"),
        pytest.param("111122223333.dkr.ecr.eu-west-1.amazonaws.com.example.com", None, id="another host"),
        pytest.param("111122223333.dkr.ecr.eu-west-1.amazonaws.com:443", None, id="a port"),
    ],
)
def test_private_registries_of_ecr(host: str, registry: EcrRegistry | None) -> None:
    found = image_name(f"{host}/team/etl:1")

    assert found is not None
    assert found.ecr == registry


@pytest.mark.parametrize(
    ("text", "is_there"),
    [(f"{ECR}/etl", True), ("111122223333.dkr.ecr.<ssm:/region at apply>/etl", True), ("alpine", False)],
)
def test_images_in_ecr_are_recognized_by_their_beginning(text: str, is_there: bool) -> None:
    assert is_in_ecr(text) is is_there


@pytest.mark.parametrize(
    ("text", "tagged"),
    [
        ("etl", "etl:latest"),
        ("localhost:5000/etl", "localhost:5000/etl:latest"),
        ("etl:1", "etl:1"),
        (f"etl@{DIGEST}", f"etl@{DIGEST}"),
        ("Etl", "Etl"),
    ],
)
def test_without_a_tag_latest_is_meant(text: str, tagged: str) -> None:
    assert with_tag(text) == tagged


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alpine", "alpine:latest"),
        ("team/etl:1", "team/etl:1"),
        ("quay.io/etl:1", "quay.io/etl:1"),
        (f"{ECR}/etl:1@{DIGEST}", f"{ECR}/etl@{DIGEST}"),
    ],
)
def test_images_are_named_as_people_write_them(text: str, shown: str) -> None:
    found = image_name(text)

    assert found is not None
    assert found.text == shown


@pytest.mark.parametrize(
    ("platform", "on_fargate", "expected"),
    [
        pytest.param({}, True, "linux/amd64", id="default of Fargate"),
        pytest.param({}, False, None, id="the instances decide"),
        pytest.param({"cpuArchitecture": "ARM64"}, True, "linux/arm64", id="ARM"),
        pytest.param({"cpuArchitecture": "ARM64"}, False, "linux/arm64", id="ARM off Fargate"),
        pytest.param({"operatingSystemFamily": "LINUX"}, False, None, id="no architecture off Fargate"),
        pytest.param(
            {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, True, "windows/amd64", id="Windows"
        ),
        pytest.param({"cpuArchitecture": "<ssm:/a at apply>"}, True, None, id="not known yet"),
    ],
)
def test_the_platform_of_a_task(platform: dict[str, str], on_fargate: bool, expected: str | None) -> None:
    assert platform_of({"runtimePlatform": platform}, on_fargate=on_fargate) == expected
