"""`ecsplan export` as a user runs it: what it reads, where it writes, what it says, and how it ends."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from aws_world import Aws
from click.testing import CliRunner, Result

from ecsplan_cli.completions import complete_planned_jobs
from ecsplan_cli.main import group
from ecsplan_convert.writers.registry import IN_FOLDERS, WRITERS, writer_of

HELLO = "name: hello\nimage: alpine:3\ncommand: [echo, hello world]\n"
JOBS = """\
defaults: {image: "alpine:3"}
jobs:
  extract: {}
  load: {after: [extract]}
  train: {matrix: {day: [1, 2]}, env: {DAY: "${matrix.day}"}}
"""
FILES = ["run-task.json", "task-definition.json"]
COMMANDS = """\
aws ecs register-task-definition --cli-input-json file://{0}/task-definition.json
aws ecs run-task --cli-input-json file://{0}/run-task.json
"""


@pytest.fixture
def here(bare: Path) -> Path:
    (bare / "job.yaml").write_text(HELLO, "utf-8")
    (bare / "jobs.yaml").write_text(JOBS, "utf-8")
    return bare


def export(*arguments: str, to: str = "aws-cli", stdin: str | None = None) -> Result:
    return CliRunner().invoke(group, ["export", "--to", to, *arguments], input=stdin)


def offline(*arguments: str, folder: str = "out", stdin: str | None = None) -> Result:
    return export("--offline", "-o", folder, *arguments, stdin=stdin)


def request(folder: str = "out", name: str = "run-task.json") -> Any:
    return json.loads(Path(folder, name).read_text("utf-8"))


def names_in(folder: str) -> list[str]:
    return sorted(each.name for each in Path(folder).iterdir())


def test_a_manifest_is_compiled_with_aws(aws: Aws) -> None:
    aws.write("job.yaml", HELLO)

    done = export("job.yaml", "-o", "out")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == COMMANDS.format("out").replace("json\n", "json --region us-east-1\n")
    assert len(request()["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == 3
    assert request()["taskDefinition"] == request(name="task-definition.json")["family"] == "hello"


def test_what_is_open_stays_marked(here: Path) -> None:
    done = offline("job.yaml")

    assert done.exit_code == 0
    assert done.stdout == COMMANDS.format("out")
    assert request()["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == [
        "<subnets of the default VPC>"
    ]
    assert done.stderr == (
        "warning: hello: only AWS knows what belongs in place of `<subnets of the default VPC>`; "
        "compiled without `--offline`, the job has it\n"
    )


@pytest.mark.parametrize("how", ["a file", "standard input", "nothing is named"])
def test_a_plan_is_exported_as_it_stands(here: Path, how: str) -> None:
    assert CliRunner().invoke(group, ["compile", "--offline", "job.yaml", "-o", "plan.json"]).exit_code == 0
    assert offline("job.yaml", folder="of the manifest").exit_code == 0

    stdin = Path("plan.json").read_text("utf-8") if how == "standard input" else None
    named = {"a file": ["plan.json"], "standard input": ["-"]}.get(how, [])
    done = export("-o", "out", *named, stdin=stdin)

    assert done.exit_code == 0, done.stderr
    for name in FILES:
        assert request(name=name) == request("of the manifest", name)


def test_the_jobs_of_manifests_are_exported_where_nothing_is_named(here: Path) -> None:
    Path("manifests").mkdir()
    Path("job.yaml").rename("manifests/job.yaml")
    Path("plan.json").write_text("no plan", "utf-8")

    assert offline().exit_code == 0
    assert request()["taskDefinition"] == "hello"


def test_a_manifest_on_standard_input_takes_a_name(here: Path) -> None:
    text = "image: alpine:3\n"

    assert offline("-", stdin=text).exit_code == 1
    assert offline("-", "--name", "piped", stdin=text).exit_code == 0
    assert request()["taskDefinition"] == "piped"


def test_values_settings_and_a_command(here: Path) -> None:
    Path("job.yaml").write_text("variables: {tag: {}}\nname: etl\nimage: 'alpine:${tag}'\n", "utf-8")

    done = offline("job.yaml", "--var", "tag=7", "--set", "cpu=256", "--region", "eu-west-1", "--", "a", "b")

    assert done.exit_code == 0, done.stderr
    definition = request(name="task-definition.json")
    assert (definition["containerDefinitions"][0]["image"], definition["cpu"]) == ("alpine:7", "256")
    assert request()["overrides"]["containerOverrides"][0]["command"] == ["a", "b"]
    assert done.stdout.count(" --region eu-west-1\n") == 2


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(["wrong.yaml", "-o", "out", "--offline"], 1, "unknown-key", id="a wrong manifest"),
        pytest.param(
            ["wrong.yaml", "-o", "out"], 1, "unknown-key", id="a wrong manifest, before AWS is asked"
        ),
        pytest.param(["missing.yaml", "-o", "out"], 1, "cannot read this file", id="no such file"),
        pytest.param(["cut.json", "-o", "out"], 123, "this is not JSON", id="a plan that was cut"),
        pytest.param(["plan.json", "job.yaml", "-o", "out"], 2, "give it alone", id="a plan among manifests"),
        pytest.param(["plan.json", "-o", "out", "--name", "x"], 2, "--name x: ", id="a name for a plan"),
        pytest.param(["plan.json", "-o", "out", "--set", "cpu=1"], 2, "--set: ", id="a setting for a plan"),
        pytest.param(["plan.json", "-o", "out", "--var", "a=1"], 2, "--var: ", id="a value for a plan"),
        pytest.param(
            ["plan.json", "-o", "out", "--region", "eu-west-1"], 2, "--region eu-west-1: ", id="a region"
        ),
        pytest.param(["job.yaml", "--offline"], 2, "name a folder for them with -o FOLDER", id="no folder"),
        pytest.param(
            ["job.yaml", "-o", "-"], 2, "name a folder for them with -o FOLDER", id="standard output"
        ),
        pytest.param(["job.yaml", "-o", "jobs.yaml"], 2, "jobs.yaml is a file", id="a file for a folder"),
        pytest.param(["job.yaml", "-o", "a$HOME"], 2, "the AWS CLI expands", id="a folder it cannot name"),
        pytest.param(
            ["job.yaml", "-o", "a\n::error::b"], 2, "printable characters", id="a folder on two lines"
        ),
        pytest.param(["wrong.yaml"], 2, "name a folder for them with -o FOLDER", id="usage comes first"),
        pytest.param(["plan.json", "-o", "job.yaml/out"], 2, "cannot make the folder", id="a file above"),
    ],
)
def test_what_is_refused(here: Path, arguments: list[str], status: int, said: str) -> None:
    Path("wrong.yaml").write_text("name: x\nimage: alpine\nimagge: 1\n", "utf-8")
    assert CliRunner().invoke(group, ["compile", "--offline", "job.yaml", "-o", "plan.json"]).exit_code == 0
    Path("cut.json").write_text(Path("plan.json").read_text("utf-8")[:-20], "utf-8")

    done = export(*arguments)

    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr
    assert not Path("out").exists()


def test_nothing_to_export(bare: Path) -> None:
    done = export("-o", "out")

    assert done.exit_code == 2
    assert "there is neither manifests/ nor plan.json here" in done.stderr


def test_no_format_and_an_unknown_one(here: Path) -> None:
    missing = CliRunner().invoke(group, ["export", "job.yaml"])
    unknown = export("job.yaml", to="helm")

    assert (missing.exit_code, unknown.exit_code) == (2, 2)
    assert "--to" in missing.stderr
    assert "'terraform'" in unknown.stderr


def test_aws_that_cannot_be_asked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = export("job.yaml", "-o", "out", "--region", "us-east-1")

    assert (done.exit_code, done.stdout) == (125, "")
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        pytest.param("load", ["load"], id="one job"),
        pytest.param("train", ["train[day=1]", "train[day=2]"], id="a matrix by its plain name"),
        pytest.param("train[day=2]", ["train[day=2]"], id="one of a matrix"),
    ],
)
def test_one_job_of_several(here: Path, job: str, expected: list[str]) -> None:
    done = offline("jobs.yaml", "--job", job)

    assert done.exit_code == 0, done.stderr
    assert done.stdout.count(" run-task ") == len(expected)
    notes = {each.removeprefix("warning: ").partition(": ")[0] for each in done.stderr.splitlines()}
    assert notes == set(expected)
    assert names_in("out") == (
        FILES if len(expected) == 1 else sorted(f"train-day-{day}.{name}" for day in (1, 2) for name in FILES)
    )


def test_an_unknown_job(here: Path) -> None:
    done = offline("jobs.yaml", "--job", "laod")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "--job laod: there is no job of this name; did you mean load? the jobs are extract, load, " in (
        done.stderr
    )


def mode(name: str) -> int:
    return stat.S_IMODE(Path(name).stat().st_mode)


def test_files_are_their_owners_alone_and_existing_ones_keep_their_modes(here: Path) -> None:
    Path("out").mkdir()
    Path("real.json").touch(0o640)
    Path("real.json").chmod(0o640)
    Path("out/run-task.json").symlink_to("../real.json")

    assert offline("job.yaml").exit_code == 0
    assert mode("out/task-definition.json") == 0o600
    assert (Path("out/run-task.json").is_symlink(), mode("real.json")) == (True, 0o640)
    assert json.loads(Path("real.json").read_text("utf-8"))["taskDefinition"] == "hello"


def test_an_input_is_not_overwritten(here: Path) -> None:
    Path("job.yaml").write_text("name: etl\ntask_definition: task-definition.json\n", "utf-8")
    text = json.dumps({"family": "etl", "containerDefinitions": [{"name": "main", "image": "alpine"}]})
    Path("task-definition.json").write_text(text, "utf-8")

    done = offline("job.yaml", folder=".")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "would overwrite an input" in done.stderr
    assert Path("task-definition.json").read_text("utf-8") == text
    assert not Path("run-task.json").exists()


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        pytest.param("a/b", "file://a/b/run-task.json", id="folders that are not there yet"),
        pytest.param("my jobs", "'file://my jobs/run-task.json'", id="a blank"),
        pytest.param("it's", """'file://it'"'"'s/run-task.json'""", id="a quote"),
        pytest.param("~me", "'file://./~me/run-task.json'", id="a tilde"),
        pytest.param(".", "file://./run-task.json", id="this folder"),
        pytest.param("out/", "file://out/run-task.json", id="a slash at the end"),
    ],
)
def test_the_commands_name_the_files_from_here(here: Path, folder: str, shown: str) -> None:
    done = offline("job.yaml", folder=folder)

    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[1] == f"aws ecs run-task --cli-input-json {shown}"
    assert Path(folder, "run-task.json").exists()


def test_credentials_in_clear_are_announced(here: Path) -> None:
    Path("job.yaml").write_text(HELLO + "env: {API_TOKEN: hunter2-0815}\n", "utf-8")

    done, quiet = offline("job.yaml"), offline("job.yaml", "--quiet")

    assert "hunter2-0815" in Path("out/run-task.json").read_text("utf-8")
    assert "warning: values that look like credentials are exported in plain text (hello): " in done.stderr
    assert "hunter2" not in done.output
    assert quiet.stderr == ""


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_said_is_about_what_is_written(here: Path, form: str) -> None:
    """Terraform and CloudFormation take the definition alone, not what only the run request has."""
    Path("job.yaml").write_text(HELLO + "env: {API_TOKEN: 'hunter2-\"0815\"-${X}-ü'}\n", "utf-8")

    done = export("job.yaml", "--offline", "-o", "out", to=form)

    assert done.exit_code == 0, done.stderr
    written = "".join(
        each.read_text("utf-8") for each in [Path("out"), *Path("out").glob("*")] if each.is_file()
    )
    assert ("exported in plain text (hello)" in done.stderr) == ("hunter2" in written)
    assert ("`<subnets of the default VPC>`" in done.stderr) == ("<subnets of the default VPC>" in written)
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("form", ["prefect-work-pool", "step-functions"])
@pytest.mark.parametrize("password", ["hunter2-'0815'", 'hunter2-"0815"', "hunter2 0815", "hunter2-%{x}"])
def test_a_password_of_a_command_is_announced_however_it_is_quoted(
    here: Path, form: str, password: str
) -> None:
    command = json.dumps(["load", f"--password={password}"])
    Path("job.yaml").write_text(f"name: hello\nimage: alpine:3\ncommand: {command}\n", "utf-8")

    done = export("job.yaml", "--offline", to=form)

    assert "hunter2" in done.stdout
    assert "exported in plain text (hello)" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_password_that_terraform_escapes_is_announced(here: Path) -> None:
    Path("job.yaml").write_text(
        "name: hello\nimage: alpine:3\ntask_definition: {containerDefinitions: [{name: main, environment: "
        "[{name: API_TOKEN, value: 'hunter2-%{x}-${y}'}]}]}\n",
        "utf-8",
    )

    done = export("job.yaml", "--offline", to="terraform")

    assert "hunter2-%%{x}-$${y}" in done.stdout
    assert "exported in plain text (hello)" in done.stderr


@pytest.mark.parametrize("form", [each for each in WRITERS if each not in IN_FOLDERS])
def test_a_document_goes_to_standard_output_or_to_a_file(here: Path, form: str) -> None:
    printed = export("job.yaml", "--offline", to=form)
    written = export("job.yaml", "--offline", "-o", "out.json", to=form)
    onto_itself = export("job.yaml", "--offline", "-o", "job.yaml", to=form)
    nowhere = export("job.yaml", "--offline", "-o", "missing/out.json", to=form)

    assert isinstance(json.loads(printed.stdout), dict)
    assert (written.exit_code, written.stdout, mode("out.json")) == (0, "", 0o600)
    assert Path("out.json").read_text("utf-8") == printed.stdout
    assert (onto_itself.exit_code, nowhere.exit_code) == (2, 2)
    assert Path("job.yaml").read_text("utf-8") == HELLO


@pytest.mark.parametrize("form", [each for each in WRITERS if writer_of(each).MAX_JOBS is not None])
def test_a_format_holds_so_many_jobs(here: Path, form: str) -> None:
    limit = writer_of(form).MAX_JOBS
    assert limit is not None
    jobs = "".join(f"  j{number}: {{image: alpine}}\n" for number in range(limit + 1))
    Path("jobs.yaml").write_text(f"jobs:\n{jobs}", "utf-8")

    done = export("jobs.yaml", "--offline", to=form)
    one = export("jobs.yaml", "--offline", "--job", "j0", to=form)

    assert (done.exit_code, done.stdout, one.exit_code) == (2, "", 0)
    held = "one job" if limit == 1 else f"at most {limit} jobs"
    assert f"--to {form} takes {held}, " in done.stderr
    assert ": j0, j1" in done.stderr
    assert "choose one with --job NAME" in done.stderr


def test_sensitive_variables_are_marked(here: Path) -> None:
    Path("job.yaml").write_text(
        "variables: {token: {sensitive: true}}\nname: etl\nimage: alpine\nenv: {AUTH: 'Bearer ${token}'}\n",
        "utf-8",
    )

    done = offline("job.yaml", "--var", "token=canary-0123")

    assert request()["overrides"]["containerOverrides"][0]["environment"] == [
        {"name": "AUTH", "value": "Bearer <variable token at apply>"}
    ]
    assert "canary" not in done.output + "".join(map(Path.read_text, Path("out").iterdir()))
    assert (
        "warning: etl: the value of the sensitive variable token is not in a plan: write it in place of "
        "`<variable token at apply>`\n"
    ) in done.stderr


def test_what_a_linked_definition_needs_is_left_open(here: Path) -> None:
    Path("job.yaml").write_text("name: etl\ntask_definition_arn: web:7\nimage: alpine:4\n", "utf-8")

    done = offline("job.yaml")

    assert names_in("out") == ["run-task.json"]
    assert "warning: etl: what it changes in the linked definition (containerDefinitions" in done.stderr


def test_an_open_patch_is_noted(here: Path) -> None:
    Path("job.yaml").write_text(
        HELLO
        + "task_customizations: [{op: remove, path: /networkConfiguration/awsvpcConfiguration/subnets/1}]\n",
        "utf-8",
    )

    assert "warning: hello: operations of `task_customizations` depend on what only AWS knows" in (
        offline("job.yaml").stderr
    )


_NETWORK = "/networkConfiguration/awsvpcConfiguration/subnets/0"


@pytest.mark.parametrize(
    ("form", "operation", "is_noted"),
    [
        pytest.param("prefect-work-pool", {"op": "replace", "path": _NETWORK, "value": "subnet-a"}, False),
        pytest.param("prefect-work-pool", {"op": "copy", "from": _NETWORK, "path": "/referenceId"}, True),
        pytest.param("step-functions", {"op": "replace", "path": _NETWORK, "value": "subnet-a"}, True),
        pytest.param("eventbridge", {"op": "replace", "path": _NETWORK, "value": "subnet-a"}, True),
        pytest.param("terraform", {"op": "replace", "path": _NETWORK, "value": "subnet-a"}, False),
        pytest.param("cloudformation", {"op": "replace", "path": _NETWORK, "value": "subnet-a"}, False),
    ],
)
def test_an_open_patch_is_noted_where_the_export_lacks_it(
    here: Path, form: str, operation: dict[str, str], is_noted: bool
) -> None:
    """Prefect's template has a patch of the network, and a task definition no part that it would change."""
    Path("job.yaml").write_text(f"{HELLO}task_customizations: {json.dumps([operation])}\n", "utf-8")

    done = export("job.yaml", "--offline", to=form)

    assert done.exit_code == 0, done.stderr
    assert ("operations of `task_customizations` depend on" in done.stderr) == is_noted
    assert ('"subnet-a"' in done.stdout) == (form == "prefect-work-pool" and not is_noted)


def test_nothing_is_said_twice(here: Path) -> None:
    Path("job.yaml").write_text(
        "variables: {token: {sensitive: true}}\nname: etl\nimage: alpine:4\ntask_definition_arn: web:7\n"
        "env: {TOKEN: '${token}'}\nsubnets: {tags: {tier: private}}\n",
        "utf-8",
    )

    said = export("job.yaml", "--offline", to="prefect-work-pool").stderr

    assert said.count("sensitive") == 1
    assert said.count("only AWS") == 1
    assert said.count("linked definition") == 1


def test_names_of_jobs_cannot_command_a_pipeline(here: Path) -> None:
    Path("job.yaml").write_text("name: '##[error]x'\nimage: alpine\n", "utf-8")

    done = offline("job.yaml")

    assert done.exit_code == 0
    assert "error]x: only AWS knows" in done.stderr
    assert "##[" not in done.output


def test_the_jobs_of_a_plan_are_completed(here: Path) -> None:
    assert CliRunner().invoke(group, ["compile", "--offline", "jobs.yaml", "-o", "plan.json"]).exit_code == 0
    command = group.get_command(None, "export")  # type: ignore[arg-type] # the group does not look at it
    assert command is not None
    parameter = next(each for each in command.params if each.name == "job")
    context = command.make_context("export", ["plan.json", "--to", "aws-cli"], resilient_parsing=True)

    assert complete_planned_jobs(context, parameter, "t") == ["train", "train[day=1]", "train[day=2]"]
    context.params["inputs"] = ("missing.json",)
    assert complete_planned_jobs(context, parameter, "") == []
