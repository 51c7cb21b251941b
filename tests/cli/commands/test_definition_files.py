"""Definition files on the command line: found beside the manifest, and not judged as manifests themselves."""

import json
import os
import subprocess
from pathlib import Path

import processes
import pytest

DEFINITION = "family: report\ncontainerDefinitions: [{name: app, image: 'alpine:3'}]\n"


@pytest.fixture(autouse=True)
def here(bare: Path) -> Path:
    return bare


def write(path: str, text: str | bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text if isinstance(text, bytes) else text.encode())


def ecsplan(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return processes.run(*arguments, text=stdin)


def found(*arguments: str, stdin: str = "") -> list[str]:
    """Return what `check` finds, as `path:line rule`."""
    done = ecsplan("check", "--format", "json", *arguments, stdin=stdin)
    assert "Traceback" not in done.stderr
    return [f"{each['path']}:{each['line']} {each['rule']}" for each in json.loads(done.stdout)]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("jobs",), id="a folder"),
        pytest.param(("jobs/a.yaml", "jobs/taskdef.yaml"), id="both files"),
        pytest.param(("jobs/taskdef.yaml", "jobs/a.yaml"), id="the definition first"),
        pytest.param(("jobs/a.yaml",), id="the manifest alone"),
        pytest.param((".",), id="a folder above"),
    ],
)
def test_a_file_that_a_manifest_names_is_not_judged(arguments: tuple[str, ...]) -> None:
    write("jobs/a.yaml", "task_definition: taskdef.yaml\n")
    write("jobs/taskdef.yaml", DEFINITION)

    assert found(*arguments) == []
    assert ecsplan("preview", *arguments).returncode == 0
    assert json.loads(ecsplan("compile", "--offline", *arguments).stdout)["jobs"][0]["name"] == "a"


def test_a_link_to_the_definition_is_the_same_file() -> None:
    write("jobs/a.yaml", "task_definition: ../defs/one.yaml\n")
    write("defs/one.yaml", DEFINITION)
    Path("jobs/link.yaml").symlink_to("../defs/one.yaml")

    assert found(".") == []


def test_a_definition_that_no_manifest_names_is_reported() -> None:
    write("jobs/a.yaml", "image: alpine:3\n")
    write("jobs/taskdef.yaml", DEFINITION)

    assert found("jobs") == ["jobs/taskdef.yaml:2 not-a-manifest"]


def test_a_manifest_that_names_itself_is_judged() -> None:
    write("a.yaml", "image: alpine:3\ntask_definition: a.yaml\n")

    assert found("a.yaml") == ["a.yaml:1 definition-file"]


def test_two_manifests_that_name_each_other_are_not_both_left_out() -> None:
    write("a.yaml", "image: alpine:3\ntask_definition: b.yaml\n")
    write("b.yaml", "image: alpine:3\ntask_definition: a.yaml\n")

    assert found(".") == ["b.yaml:1 definition-file"]


def test_a_name_in_standard_input_is_relative_to_the_working_folder() -> None:
    write("taskdef.json", json.dumps({"containerDefinitions": [{"name": "app", "image": "a", "x": 1}]}))

    assert found("-", stdin="name: a\ntask_definition: taskdef.json\n") == ["taskdef.json:1 unknown-key"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("missing.json", "a.yaml:1 definition-file", id="missing"),
        pytest.param("folder", "a.yaml:1 definition-file", id="a folder"),
        pytest.param("/dev/zero", "a.yaml:1 definition-file", id="a device"),
        pytest.param("pipe", "a.yaml:1 definition-file", id="a pipe that nobody writes to"),
        pytest.param("loop", "a.yaml:1 definition-file", id="a link to itself"),
        pytest.param("taskdef.json/x", "a.yaml:1 definition-file", id="below a file"),
        pytest.param("x" * 300, "a.yaml:1 definition-file", id="a long name"),
        pytest.param("binary", "binary:1 encoding", id="binary"),
        pytest.param("huge", "huge:1 too-large", id="huge"),
    ],
)
def test_a_file_that_cannot_be_taken(name: str, expected: str) -> None:
    write("a.yaml", f"task_definition: {name}\nimage: alpine:3\n")
    write("taskdef.json", DEFINITION)
    write("binary", bytes(range(128, 256)) * 10)
    write("huge", b"#" * (11 * 2**20))
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")

    assert found("a.yaml") == [expected]


def test_a_folder_of_a_real_repository() -> None:
    """One error for each file of another tool, whatever is in it, and the manifest is checked."""
    write("jobs/etl.yaml", "image: alpine:3\ncpu: 300\n")
    write("docker-compose.yml", "services: {web: {image: nginx, environment: [A=b]}}\n")
    write("k8s/all.yaml", "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Service\n")
    write("chart/templates/job.yaml", "{{- if .Values.on }}\nkind: Job\n{{- end }}\n")
    write("chart/values.yaml", "replicaCount: 1\nimage: {repository: a, tag: b}\n")
    write("stack.yaml", "Resources:\n  A: {Type: AWS::ECS::Cluster, Properties: {Name: !Ref B}}\n")
    write("ecspresso.yml", "region: a\ncluster: b\ntask_definition: t.json\ntimeout: 5m\n")

    assert found(".") == [
        "chart/templates/job.yaml:1 not-a-manifest",
        "chart/values.yaml:2 not-a-manifest",
        "docker-compose.yml:1 not-a-manifest",
        "ecspresso.yml:1 not-a-manifest",
        "jobs/etl.yaml:2 fargate-cpu",
        "k8s/all.yaml:1 not-a-manifest",
        "stack.yaml:1 not-a-manifest",
    ]
