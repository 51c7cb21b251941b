"""What `--set` and `-- COMMAND` do to jobs, where the texts are odd."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsplan.compile import read_jobs
from ecsplan.job.jobs import Jobs
from ecsplan.settings.overlay import Settings

MANIFEST = """
variables: {tag: {default: "3"}}
defaults: {image: "alpine:${tag}", env: {A: "1"}, task_definition: {containerDefinitions: [{name: main}]}}
jobs:
  etl: {command: [a, b], env: &env {B: "2"}}
  "a:b.c": {env: *env, labels: {x: y}}
"""
FILE = '{"containerDefinitions": [{"name": "main", "cpu": 128, "user": "a"}]}'


def jobs_of(*texts: str, command: tuple[str, ...] | None = None, manifest: str = MANIFEST) -> Jobs:
    return read_jobs(manifest, file="jobs.yaml", overlay=Settings(texts, command), read=lambda _: FILE)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["a:b.c:image=x"], ["alpine:3", "x"], id="a job with a colon and a dot in its name"),
        pytest.param(["a:image=x"], ["alpine:3", "alpine:3"], id="for another job"),
        pytest.param(["image=x", "etl:image=y", "image=z"], ["y", "z"], id="specific wins, then later"),
        pytest.param(["image='a b'"], ["a b", "a b"], id="quoted"),
        pytest.param(["image=${tag}"], ["${tag}", "${tag}"], id="not expanded"),
        pytest.param(["image=a: b # c"], ["a: b # c", "a: b # c"], id="a plain text is one scalar"),
    ],
)
def test_a_key_of_jobs(texts: list[str], expected: list[str]) -> None:
    assert [each.written.data["image"] for each in jobs_of(*texts).jobs] == expected


def test_jobs_that_share_nodes_are_set_apart() -> None:
    one, other = jobs_of("etl:env.B=9", "etl:env.C=").jobs

    assert dict(one.env) == {"A": "1", "B": "9", "C": ""}
    assert dict(other.env) == {"A": "1", "B": "2"}


def test_a_member_of_a_definition_in_a_file() -> None:
    manifest = "task_definition: own.json\nimage: alpine\n"

    (job,) = jobs_of("task_definition.containerDefinitions.0.cpu=64", manifest=manifest).jobs

    (container,) = job.task_definition["containerDefinitions"]
    assert (container["cpu"], container["user"]) == (64, "a")


DEFINITION = """{"family": "f",
 "containerDefinitions": [
   {"name": "main", "memory": "many", "portMappings": [{"containerPort": "x"}]}]}
"""
PLACES = [("def.json", 3, 31, "wrong-type"), ("def.json", 3, 74, "wrong-type")]


@pytest.mark.parametrize(
    "job",
    [
        pytest.param("{task_definition: def.json}", id="the job's own"),
        pytest.param("{}", id="inherited"),
        pytest.param("{task_definition: {pidMode: task}}", id="beside the job's own"),
    ],
)
@pytest.mark.parametrize(
    "setting",
    [
        "task_definition.containerDefinitions.0.cpu=3",
        "task_definition.containerDefinitions.0.portMappings.0.hostPort=3",
        'task_definition.cpu="512"',
        "one:task_definition.containerDefinitions.0.environment=[]",
    ],
)
def test_what_is_not_set_keeps_its_place(setting: str, job: str) -> None:
    manifest = f"defaults: {{image: alpine, task_definition: def.json}}\njobs:\n  one: {job}\n"
    read = read_jobs(manifest, file="jobs.yaml", read=lambda _: DEFINITION, overlay=Settings((setting,)))

    assert [(each.path, each.line, each.column, each.rule) for each in read.diagnostics] == PLACES


def test_a_name_that_is_set_is_the_jobs_name() -> None:
    manifest = "variables: {}\nname: a\nimage: alpine\ncommand: echo ${job.name}\n"

    (job,) = jobs_of("name=b", manifest=manifest).jobs

    assert (job.name, job.command) == ("b", ("echo", "b"))


def test_words_of_a_command_stay_as_they_are() -> None:
    words = ("sh", "-c", "echo ${tag} 'a b'\n", "", "--", "--set=x")

    assert [each.command for each in jobs_of(command=words).jobs] == [words, words]


PARTS = st.sampled_from(
    [
        "etl:",
        "a:b.c:",
        "x:",
        "env",
        "labels",
        "image",
        "command",
        "task_definition",
        ".",
        "0",
        "=",
        "[",
        "{",
        "'",
        '"',
        "]",
        "}",
        "null",
        "${tag}",
        "a b",
        "*env",
        "&a",
        "!!int",
        "# c",
        "\n",
        "\t",
        ": ",
        ".inf",
        "é",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=8), st.lists(PARTS, max_size=6))
def test_no_text_makes_a_setting_raise(key: list[str], value: list[str]) -> None:
    text = f"{''.join(key).replace('=', '') or 'k'}={''.join(value)}"

    found: Any = jobs_of(text).diagnostics

    for each in found:
        assert each.path in {"--set", "jobs.yaml"}
        assert each.column >= 1


@pytest.mark.parametrize("setting", ["family=007", "group=true", "platform_version=1.4", "after=[1e3]"])
def test_a_text_to_be_quoted_is_quoted_for_the_shell_too(setting: str) -> None:
    jobs = read_jobs("image: a\n", file="job.yaml", overlay=Settings((setting,), None))

    (found,) = [each for each in jobs.diagnostics if each.severity == "error"]

    assert (found.path, found.rule) == ("--set", "wrong-type")
    assert found.help.endswith("""--set 'KEY="VALUE"'""")
