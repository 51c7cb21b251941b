"""The command with `pin_image`: exit statuses, messages, what is previewed, shown and exported."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_world import Aws, decided, definition
from registry_server import Registry, Said, listening

SECRET = "hunter2-of-the-registry"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    with listening() as made:
        made.index("team/etl", "1", "linux/amd64")
        yield made


@pytest.fixture
def job(aws: Aws, registry: Registry) -> str:
    return aws.write("job.yaml", f"name: etl\nimage: {registry.host}/team/etl:1\npin_image: true\n")


def pinned(registry: Registry) -> str:
    digest = next(each for _, each in registry.manifests if each.startswith("sha256:"))
    return f"{registry.host}/team/etl:1@{digest}"


def test_compile_pins_and_diff_shows_it(aws: Aws, registry: Registry, job: str) -> None:
    plan = aws.compiled(job, "--quiet")
    aws.write("plan.json", json.dumps(plan))

    shown = aws.run("diff", "plan.json").stdout

    assert definition(plan)["request"]["containerDefinitions"][0]["image"] == pinned(registry)
    assert plan["jobs"][0]["observed"] == {"image": pinned(registry)}
    assert f'/containerDefinitions/main/image: "{pinned(registry)}"' in shown
    assert f'looked up: image = "{pinned(registry)}"' in shown
    aws.register(plan["jobs"][0])
    assert decided(aws.compiled(job, "--quiet"))["etl"][0] == "reuse"


def test_apply_ends_with_122_where_the_tag_has_moved(aws: Aws, registry: Registry, job: str) -> None:
    aws.write("plan.json", json.dumps(aws.compiled(job, "--quiet")))
    before = pinned(registry)
    registry.index("team/etl", "1", "linux/amd64", mark="another build")
    aws.operations()

    done = aws.run("apply", "plan.json")

    assert done.exit_code == 122
    assert f'etl: the plan observed image = "{before}"; now it is' in done.stderr
    assert "--refresh" in done.stderr
    assert {"RegisterTaskDefinition", "RunTask"}.isdisjoint(aws.operations())


def test_preview_and_export_of_what_is_open(aws: Aws, registry: Registry, job: str) -> None:
    shown = aws.run("preview", job).stdout
    exported = aws.run("export", job, "--to", "cloudformation", "--offline")

    assert f"image: {registry.host}/team/etl:1@<digest at apply>\n" in shown
    assert f"{registry.host}/team/etl:1@<digest at apply>" in exported.stdout
    assert "`<digest at apply>`" in exported.stderr
    assert registry.asked == []
    assert pinned(registry) in aws.run("export", job, "--to", "cloudformation").stdout


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        pytest.param("image={host}/team/etl:2", (1, "error[lookup-not-found]: the registry"), id="no tag"),
        pytest.param("image={host}/Team/Etl", (1, "is not the name of an image"), id="no name"),
        pytest.param(
            "runtime_platform.cpuArchitecture=ARM64",
            (1, "job.yaml:2:8: error[lookup-not-usable]: image {host}/team/etl:1 is not for linux/arm64"),
            id="another platform",
        ),
        pytest.param(
            "image={host}/secret/etl:1", (125, "{host} denies access (HTTP status 403"), id="denied"
        ),
        pytest.param("image=127.0.0.1:1/etl:1", (125, "could not be reached"), id="out of reach"),
        pytest.param(
            "image={host}/page/etl:1",
            (125, "something of the type text/html that is not a manifest"),
            id="HTML",
        ),
        pytest.param("pin_image=maybe", (1, "pin_image: expected true or false"), id="not a boolean"),
    ],
)
def test_what_cannot_be_pinned(
    aws: Aws, registry: Registry, job: str, setting: str, expected: tuple[int, str]
) -> None:
    registry.instead["/v2/secret/etl/manifests/1"] = Said(403, body=SECRET.encode())
    registry.instead["/v2/page/etl/manifests/1"] = Said(200, {"Content-Type": "text/html"}, SECRET.encode())

    done = aws.run("compile", job, "--set", setting.format(host=registry.host))

    status, message = expected
    assert done.exit_code == status
    assert message.format(host=registry.host) in done.stderr
    assert SECRET not in done.output
    assert done.stdout == ""


def test_an_endpoint_without_images_says_how_to_do_without(aws: Aws) -> None:
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/etl:1"
    role = "arn:aws:iam::111122223333:role/execution"
    aws.write("job.yaml", f"name: etl\nimage: {image}\nexecution_role_arn: {role}\npin_image: true\n")

    done = aws.run("compile", "job.yaml")

    assert done.exit_code == 125
    assert "help: leave the tag as it is with `--set pin_image=false`" in done.stderr
    plan = aws.compiled("job.yaml", "--set", "pin_image=false", "--quiet")
    assert definition(plan)["request"]["containerDefinitions"][0]["image"] == image


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("compile", "job.yaml"), id="compile"),
        pytest.param(("verify", "job.yaml"), id="verify"),
        pytest.param(("apply", "plan.json"), id="apply"),
        # The embedded ECS has no schedules: the command fails once it has looked at the plan.
        pytest.param(("schedule", "plan.json"), id="schedule"),
    ],
)
def test_verbose_shows_what_registries_are_asked(
    aws: Aws, registry: Registry, job: str, command: tuple[str, ...]
) -> None:
    role = "arn:aws:iam::000000000000:role/nightly"
    setting = f'schedule={{"rate": "1 day", "role_arn": "{role}"}}'
    aws.write("plan.json", json.dumps(aws.compiled(job, "--set", setting, "--quiet")))

    done = aws.run(*command, "--verbose")

    place = json.dumps({"registry": registry.host, "repository": "team/etl"})
    assert f"HEAD manifests/1 {place}\n" in done.stderr


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        pytest.param("image={host}/team/etl:1", ({"ok"}, "exists"), id="there"),
        pytest.param("image={host}/team/etl:2", ({"fails"}, "has no image {host}/team/etl:2"), id="no tag"),
        pytest.param(
            "image={host}/secret/etl:1", ({"unknown"}, "denies access (HTTP status 403"), id="denied"
        ),
        pytest.param("image=127.0.0.1:1/etl:1", ({"unknown"}, "could not be reached"), id="out of reach"),
        pytest.param(
            "runtime_platform.cpuArchitecture=ARM64",
            ({"ok", "fails"}, "is not for linux/arm64, on which the job runs, but for linux/amd64"),
            id="another platform",
        ),
    ],
)
@pytest.mark.parametrize("offline", [False, True], ids=["manifest", "offline plan"])
def test_verify_says_what_is_wrong_with_an_image_that_is_pinned(
    aws: Aws, registry: Registry, setting: str, offline: bool, expected: tuple[set[str], str]
) -> None:
    registry.instead["/v2/secret/etl/manifests/1"] = Said(403)
    aws.write("job.yaml", f"name: etl\nimage: {registry.host}/team/etl:1\npin_image: true\n")
    subject: tuple[str, ...] = ("job.yaml", "--set", setting.format(host=registry.host))
    if offline:
        plan = aws.compiled(*subject, "--offline", "--quiet")
        subject = (aws.write("plan.json", json.dumps(plan)),)

    done = aws.run("verify", *subject, "--format", "json")

    states, said = expected
    found = [each for each in json.loads(done.stdout) if each["check"].startswith("image-")]
    assert {each["state"] for each in found} == states
    assert any(said.format(host=registry.host) in each["message"] for each in found)
    assert done.exit_code == (1 if "fails" in states else 0)


def test_the_page_is_found(aws: Aws) -> None:
    assert "Pinned images" in aws.run("docs", "images").stdout
    assert "pin_image: true" in aws.run("docs", "pin_image").stdout
