"""Names of jobs that come through a pipe: `--name`, `name:`, or an error that asks for one of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ecsplan_cli.main import group

JOB = "image: alpine\ncommand: [echo, hi]\n"
COMMANDS = {
    "check": ("check",),
    "compile": ("compile", "--offline"),
    "preview": ("preview",),
    "diff": ("diff", "--local", "--state", "own.sqlite3"),
}
WRONG = {"check": 1, "compile": 1, "preview": 1, "diff": 2}


@pytest.fixture(autouse=True)
def here(bare: Path) -> Path:
    return bare


def ecsplan(command: str, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(group, [*COMMANDS[command], *arguments], input=stdin)


@pytest.mark.parametrize("command", COMMANDS)
class TestEachCommand:
    def test_a_pipe_without_a_name_is_an_error(self, command: str) -> None:
        done = ecsplan(command, "-", stdin=JOB)

        assert (done.exit_code, done.stdout) == (WRONG[command], "")
        assert done.stderr.startswith("<stdin>:1:1: error[unnamed-job]: ")
        assert "help: give --name NAME, or write `name:` in the manifest\n" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            pytest.param(["-", "--name", "piped"], JOB, id="by the option"),
            pytest.param(["-"], f"name: piped\n{JOB}", id="by the manifest"),
            pytest.param(["-"], "jobs: {piped: {image: alpine}}\n", id="by its key"),
        ],
    )
    def test_a_pipe_with_a_name(self, command: str, arguments: list[str], text: str) -> None:
        done = ecsplan(command, *arguments, "--quiet", stdin=text)

        assert (done.exit_code, done.stderr) == (0, "")
        assert "stdin" not in done.stdout.replace("<stdin>", "")
        assert command == "check" or "piped" in done.stdout

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            pytest.param(f"{JOB}---\n{JOB}", "2 have no name (<stdin>:1, <stdin>:4)", id="several"),
            pytest.param(f"name: own\n{JOB}", "every job has a name already", id="none"),
        ],
    )
    def test_a_name_for_not_exactly_one_job(self, command: str, text: str, said: str) -> None:
        done = ecsplan(command, "-", "--name", "piped", stdin=text)

        assert (done.exit_code, done.stdout) == (2, "")
        assert said in done.stderr

    def test_an_empty_name(self, command: str) -> None:
        assert ecsplan(command, "-", "--name", "", stdin=JOB).exit_code == 2


def test_the_family_goes_by_the_name() -> None:
    (job,) = json.loads(ecsplan("compile", "-", "--name", "piped", stdin=JOB).stdout)["jobs"]

    assert (job["name"], job["task_definition"]["family"], job["source"]["path"]) == (
        "piped",
        "piped",
        "<stdin>",
    )


def test_a_file_can_be_named_too() -> None:
    Path("job.yaml").write_text(JOB, "utf-8")

    assert json.loads(ecsplan("compile", "job.yaml", "--name", "x").stdout)["jobs"][0]["name"] == "x"
    assert json.loads(ecsplan("compile", "job.yaml").stdout)["jobs"][0]["name"] == "job"


def test_a_name_that_is_none() -> None:
    done = ecsplan("check", "-", "--name", "a\nb", stdin=JOB)

    assert done.exit_code == 1
    assert "error[" in done.stderr


def test_a_plan_has_its_names() -> None:
    Path("job.yaml").write_text(JOB, "utf-8")
    Path("plan.json").write_text(ecsplan("compile", "job.yaml").stdout, "utf-8")

    assert ecsplan("diff", "plan.json", "--name", "x").exit_code == 2


def test_what_is_shown_where_nothing_is_named() -> None:
    nothing = ecsplan("diff")
    Path("job.yaml").write_text(JOB, "utf-8")
    Path("plan.json").write_text(ecsplan("compile", "job.yaml").stdout, "utf-8")
    plan = ecsplan("diff")
    Path("manifests").mkdir()
    Path("manifests/first.yaml").write_text(JOB, "utf-8")

    assert nothing.exit_code == 2
    assert "neither manifests/ nor plan.json" in nothing.stderr
    assert "+ job: register" in plan.stdout
    assert "+ first: register" in ecsplan("diff").stdout


def test_several_jobs_without_a_name_are_not_sent_to_the_option() -> None:
    done = ecsplan("check", "-", stdin=f"{JOB}---\n{JOB}")

    assert done.exit_code == 1
    assert done.stderr.count("error[unnamed-job]") == 2
    assert done.stderr.count("help: write `name:` in each job that has none\n") == 2
    assert "--name" not in done.stderr


@pytest.mark.parametrize("command", ["check", "compile", "preview"])
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("a: [", "yaml-syntax", id="no YAML"),
        pytest.param("image: a:1\ntype: ecs-task\n", "not-a-manifest", id="of another tool"),
        pytest.param("", "empty-manifest", id="empty"),
    ],
)
def test_a_name_hides_no_other_error(command: str, text: str, rule: str) -> None:
    offline = ["--offline"] if command == "compile" else []

    done = CliRunner().invoke(group, [command, *offline, "-", "--name", "x"], input=text)

    assert done.exit_code == 1
    assert f"error[{rule}]" in done.stderr


@pytest.mark.parametrize("command", ["check", "compile", "diff", "preview"])
def test_two_documents_of_a_manifest_share_no_name(command: str, tmp_path: Path) -> None:
    manifest = tmp_path / "jobs.yaml"
    manifest.write_text("name: same\nimage: alpine\n---\nname: same\nimage: alpine:3\n", encoding="utf-8")
    offline = ["--offline"] if command == "compile" else []

    done = CliRunner().invoke(group, [command, *offline, str(manifest)])

    assert done.exit_code == (2 if command == "diff" else 1)
    assert done.stderr.count("error[duplicate-job]: the job name 'same' is already used") == 1


def test_a_matrix_on_standard_input_needs_one_name() -> None:
    manifest = "image: alpine:3\nmatrix: {region: [a, b]}\n"

    nameless = ecsplan("check", "-", stdin=manifest)
    named = ecsplan("compile", "-", "--name", "etl", stdin=manifest)

    assert nameless.exit_code == 1
    assert nameless.stderr.count("error[unnamed-job]") == 1
    assert [each["name"] for each in json.loads(named.stdout)["jobs"]] == ["etl[region=a]", "etl[region=b]"]


def test_a_setting_for_a_job_that_does_not_exist_names_the_nearest_combination() -> None:
    manifest = "name: etl\nimage: alpine:3\nmatrix: {region: [eu-west-1, eu-west-2]}\n"

    plain = ecsplan("check", "-", "--set", "etl:cpu=512", stdin=manifest)
    wrong = ecsplan("check", "-", "--set", "etl[region=eu-west-3]:cpu=512", stdin=manifest)

    assert plain.exit_code == 0
    assert wrong.exit_code == 1
    assert "no job is named `etl[region=eu-west-3]`" in wrong.stderr
    assert "did you mean `etl[region=eu-west-" in wrong.stderr
