"""Lookups: values that AWS has, from the reference in a manifest to the plan and back."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from compiled_jobs import AWS, SUBNETS, described

from ecsplan.compile import (
    Compiled,
    Jobs,
    begin,
    compile_jobs,
    compile_manifest,
    open_questions,
    read_jobs,
    recompile,
    with_answers,
)
from ecsplan.plan.plan import job_document, read_plan, write_plan
from ecsplan.plan.preview import preview
from ecsplan.schema.files import load_schema
from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskExport,
    AskLatest,
    AskLinked,
    AskParameter,
    AskRegion,
    AskService,
    AskStackOutput,
    AskSubnets,
    Aws,
    NotThere,
    Observed,
    Question,
    Service,
    Value,
)

ROLE = "arn:aws:iam::111122223333:role/task"
SUBNET = "/networkConfiguration/awsvpcConfiguration/subnets"
VALUES: dict[str, str | tuple[str, ...]] = {
    "ssm:/tag": "3.20",
    "ssm:/cpu": "512",
    "ssm:/count": "3",
    "ssm:/yes": "true",
    "ssm:/words": "a b;$(c) '",
    "ssm:/json": 'a "b" \\ c',
    "ssm:/dollar": "${HOME} $${X}",
    "ssm:/patch": '[{"op": "add", "path": "/group", "value": "g"}]',
    "ssm:/member": "group",
    "ssm:/linked": "web:7",
    "ssm:/list": ("a", "b c"),
    "ssm:/subnets": ("subnet-1", "subnet-2"),
    "ssm:/one": ("subnet-1",),
    "ssm:/network": "awsvpc",
    "ssm:/prod/tag": "prod-3.20",
    "ssm:/alike": "<ssm:/tag at apply>",
    "ssm:/vpc": "vpc-1",
    "cfn:data-stack.Role": ROLE,
    "cfn-export:net:Group": "sg-1",
}
WEB = described("web:7", {"containerDefinitions": [{"name": "main", "image": "alpine", "cpu": 0}]})


def answer(question: Question, values: Mapping[str, str | tuple[str, ...] | NotThere] = VALUES) -> Answer:
    match question:
        case AskParameter(name=name):
            found = values[f"ssm:{name}"]
        case AskStackOutput(stack=stack, output=output):
            found = values[f"cfn:{stack}.{output}"]
        case AskExport(name=name):
            found = values[f"cfn-export:{name}"]
        case AskSubnets():
            return SUBNETS
        case AskLinked():
            return WEB
        case AskAccount():
            return "111122223333"
        case _:
            return None
    return found if isinstance(found, NotThere) else Value(found)


def observed_for(read: Jobs, values: Mapping[str, str | tuple[str, ...] | NotThere] = VALUES) -> Observed:
    observed = Observed()
    while questions := open_questions(read.jobs, observed):
        observed = observed.with_answers({each: answer(each, values) for each in questions})
    return observed.with_answers({AskAccount(AWS): "111122223333"})


def online(text: str, values: Mapping[str, str | tuple[str, ...] | NotThere] = VALUES) -> Compiled:
    read = read_jobs(text, file="job.yaml", region="eu-west-1")
    return compile_jobs(read, observed_for(read, values))


def offline(text: str) -> Compiled:
    return compile_manifest(text, file="job.yaml", region="eu-west-1")


def job_in(done: Compiled) -> dict[str, Any]:
    assert done.plan is not None, done.diagnostics
    (job,) = done.plan.jobs
    return job_document(job)


def found_in(done: Compiled) -> list[tuple[str, int, int, str]]:
    return [(each.rule, each.line, each.column, each.message) for each in done.diagnostics]


LOOKED_UP_AND_WRITTEN = [
    pytest.param({"image": "alpine:${ssm:/tag}"}, {"image": "alpine:3.20"}, id="inside a string"),
    pytest.param({"cpu": "${ssm:/cpu}"}, {"cpu": "512"}, id="a text that is a size"),
    pytest.param({"count": "${ssm:/count}"}, {"count": 3}, id="a number where no text is taken"),
    pytest.param(
        {"enable_execute_command": "${ssm:/yes}", "task_role_arn": ROLE},
        {"enable_execute_command": True, "task_role_arn": ROLE},
        id="a boolean",
    ),
    pytest.param({"task_timeout_seconds": "${ssm:/cpu}"}, {"task_timeout_seconds": 512}, id="of the watch"),
    pytest.param({"env": {"A": "${ssm:/count}"}}, {"env": {"A": "3"}}, id="a number in env is text"),
    pytest.param({"env": {"A": "${ssm:/dollar}"}}, {"env": {"A": "$${HOME} $$${X}"}}, id="expanded once"),
    pytest.param({"command": "run ${ssm:/words}"}, {"command": ["run", "a b;$(c) '"]}, id="one word"),
    pytest.param({"command": "${ssm:/words}"}, {"command": ["a b;$(c) '"]}, id="one word alone"),
    pytest.param({"command": "${ssm:/list}"}, {"command": ["a", "b c"]}, id="a list as command"),
    pytest.param({"command": ["run", "${ssm:/tag}"]}, {"command": ["run", "3.20"]}, id="an item of a list"),
    pytest.param({"task_role_arn": "${cfn:data-stack.Role}"}, {"task_role_arn": ROLE}, id="an output"),
    pytest.param(
        {
            "network_configuration": {
                "subnets": "${ssm:/subnets}",
                "securityGroups": ["${cfn-export:net:Group}"],
            }
        },
        {"network_configuration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}},
        id="a list and an export",
    ),
    pytest.param({"vpc_id": "${ssm:/vpc}"}, {"vpc_id": "vpc-1"}, id="what is asked about next"),
    pytest.param({"family": "f.${ssm:/tag}"}, {"family": "f.3.20"}, id="a family that is made to fit"),
    pytest.param({"labels": {"t": "${ssm:/words}"}}, {"labels": {"t": "a b;$(c) '"}}, id="a cleaned label"),
    pytest.param({"cluster": "${ssm:/member}"}, {"cluster": "group"}, id="the cluster"),
    pytest.param(
        {"image": None, "task_definition_arn": "${ssm:/linked}"},
        {"image": None, "task_definition_arn": "web:7"},
        id="the linked revision",
    ),
    pytest.param(
        {"task_definition": {"containerDefinitions": [{"name": "main", "stopTimeout": "${ssm:/count}"}]}},
        {"task_definition": {"containerDefinitions": [{"name": "main", "stopTimeout": 3}]}},
        id="deep in a definition",
    ),
    pytest.param(
        {"task_definition": {"networkMode": "${ssm:/network}"}, "launch_type": "EC2"},
        {"task_definition": {"networkMode": "awsvpc"}, "launch_type": "EC2"},
        id="what decides which members there are",
    ),
    pytest.param(
        {"task_customizations": [{"op": "add", "path": "/group", "value": "${ssm:/tag}"}]},
        {"task_customizations": [{"op": "add", "path": "/group", "value": "3.20"}]},
        id="the value of a patch",
    ),
    pytest.param(
        {"task_customizations": [{"op": "add", "path": "/${ssm:/member}", "value": "g"}]},
        {"task_customizations": [{"op": "add", "path": "/group", "value": "g"}]},
        id="the path of a patch",
    ),
    pytest.param(
        {"task_customizations": '[{"op": "add", "path": "/group", "value": "x ${ssm:/json}"}]'},
        {"task_customizations": json.dumps([{"op": "add", "path": "/group", "value": 'x a "b" \\ c'}])},
        id="within a patch in one string",
    ),
    pytest.param(
        {"task_customizations": '[{"op": "add", "path": "/count", "value": ${ssm:/count}}]'},
        {"task_customizations": [{"op": "add", "path": "/count", "value": 3}]},
        id="a number within one",
    ),
    pytest.param(
        {"task_customizations": "${ssm:/patch}"},
        {"task_customizations": [{"op": "add", "path": "/group", "value": "g"}]},
        id="a whole patch",
    ),
    pytest.param(
        {
            "network_configuration": {"subnets": "${ssm:/one}"},
            "task_customizations": [
                {"op": "test", "path": f"{SUBNET}/0", "value": "subnet-1"},
                {"op": "add", "path": f"{SUBNET}/-", "value": "subnet-9"},
            ],
        },
        {
            "network_configuration": {"subnets": ["subnet-1"]},
            "task_customizations": [
                {"op": "test", "path": f"{SUBNET}/0", "value": "subnet-1"},
                {"op": "add", "path": f"{SUBNET}/-", "value": "subnet-9"},
            ],
        },
        id="what a patch reaches into",
    ),
    pytest.param(
        {"image": "alpine:${ssm:/${stage}/tag}", "env": {"S": "${stage}"}},
        {"image": "alpine:prod-3.20", "env": {"S": "${stage}"}},
        id="a variable within a lookup",
    ),
    pytest.param({"env": {"A": "$${X} ${ssm:/tag} $${"}}, {"env": {"A": "$${X} 3.20 $${"}}, id="literals"),
]  # fmt: skip


def manifest(body: Mapping[str, Any]) -> str:
    variables = {"stage": {"default": "prod"}} if "${stage}" in json.dumps(body) else {}
    return json.dumps({"variables": variables, "name": "etl", "image": "alpine", **body})


def without_places(job: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in job.items() if name not in {"spec", "observed", "source"}}


@pytest.mark.parametrize(("looked_up", "written"), LOOKED_UP_AND_WRITTEN)
def test_a_looked_up_value_is_as_good_as_a_written_one(
    looked_up: dict[str, Any], written: dict[str, Any]
) -> None:
    found, expected = job_in(online(manifest(looked_up))), job_in(online(manifest(written)))

    assert without_places(found) == without_places(expected)
    assert "at apply>" not in json.dumps(found["run_request"]).replace("<registered at apply>", "")


@pytest.mark.parametrize(("looked_up", "written"), LOOKED_UP_AND_WRITTEN)
def test_an_offline_plan_decides_from_its_spec_what_an_online_one_has_decided(
    looked_up: dict[str, Any], written: dict[str, Any]
) -> None:
    text = manifest(looked_up)
    done = offline(text)
    assert done.plan is not None, done.diagnostics
    plan = read_plan(write_plan(done.plan))
    (job,) = plan.jobs
    read = read_jobs(text, file="job.yaml", region="eu-west-1")

    again = recompile(job, observed_for(read))

    assert not job.observed
    assert job.definition.decision.action == "undecided"
    assert job_in(again) == job_in(online(text))
    assert recompile(job, Observed()).plan is not None
    assert preview(plan)


@pytest.mark.parametrize(
    ("body", "where", "shown"),
    [
        ({"image": "alpine:${ssm:/tag}"}, "task_definition", "alpine:<ssm:/tag at apply>"),
        ({"cpu": "${ssm:/cpu}"}, "task_definition", "<ssm:/cpu at apply>"),
        ({"count": "${ssm:/count}"}, "run_request", "<ssm:/count at apply>"),
        ({"command": "run ${ssm:/words} x"}, "run_request", ["run", "<ssm:/words at apply>", "x"]),
        ({"command": "${ssm:/list}"}, "run_request", ["<ssm:/list at apply>"]),
        ({"family": "f-${ssm:/tag}"}, "task_definition", "f-<ssm:/tag at apply>"),
        ({"labels": {"t": "${cfn:data-stack.Role}"}}, "run_request", "<cfn:data-stack.Role at apply>"),
        ({"network_configuration": {"subnets": "${ssm:/list}"}}, "run_request", "<ssm:/list at apply>"),
        ({"env": {"A": "${cfn-export:net:Group}"}}, "run_request", "<cfn-export:net:Group at apply>"),
    ],
)
def test_offline_a_placeholder_stands_for_the_value(body: Any, where: str, shown: Any) -> None:
    job = job_in(offline(manifest(body)))

    assert shown in list(values_in(job[where]))


def values_in(document: Any) -> Iterator[Any]:
    yield document
    for each in document.values() if isinstance(document, dict) else document:
        if isinstance(each, dict | list):
            yield from values_in(each)
        else:
            yield each


def test_the_plan_shows_what_was_found_and_keeps_the_references() -> None:
    body = {
        "image": "alpine:${ssm:/tag}",
        "command": "run ${ssm:/list}",
        "env": {"A": "$${X}", "B": "${ssm:/tag}"},
        "network_configuration": {"subnets": "${ssm:/subnets}"},
    }
    job = job_in(online(manifest({**body, "command": "run ${ssm:/words}"})))

    assert job["observed"] == {
        "ssm:/tag": "3.20",
        "ssm:/words": "a b;$(c) '",
        "ssm:/subnets": ["subnet-1", "subnet-2"],
    }
    assert job["spec"] == {
        "variables": {},
        "name": "etl",
        "image": "alpine:${ssm:/tag}",
        "command": ["run", "${ssm:/words}"],
        "env": {"A": "$${X}", "B": "${ssm:/tag}"},
        "network_configuration": {"subnets": "${ssm:/subnets}"},
    }


def test_a_spec_without_lookups_is_taken_as_it_stands() -> None:
    done = offline(manifest({"env": {"A": "$${ssm:/tag}"}}))
    job = job_in(done)

    assert done.plan is not None
    assert job["spec"]["env"] == {"A": "${ssm:/tag}"}
    assert "variables" not in job["spec"]
    assert job_in(recompile(done.plan.jobs[0], Observed()))["spec"] == job["spec"]


@pytest.mark.parametrize(
    ("line", "rule", "column", "message"),
    [
        ("image: a:${vault:/x}", "lookup-kind", 10, "there is no lookup of the kind 'vault'"),
        ("image: a:${SSM:/x}", "lookup-kind", 10, "there is no lookup of the kind 'SSM'"),
        ("image: a:${ssm:}", "lookup-form", 10, "'ssm:' is not a lookup of the kind `ssm`"),
        ("image: a:${ssm:/x y}", "lookup-form", 10, "'ssm:/x y' is not a lookup of the kind `ssm`"),
        ("image: a:${cfn:stack}", "lookup-form", 10, "'cfn:stack' is not a lookup of the kind `cfn`"),
        ("image: a:${cfn:.Out}", "lookup-form", 10, "'cfn:.Out' is not a lookup of the kind `cfn`"),
        ("image: a:${cfn-export:}", "lookup-form", 10, "'cfn-export:' is not a lookup"),
        ("image: a:${ssm:/x", "variable-reference", 10, "this reference is not closed"),
        ("image: a:${ssm:/${s/x}", "variable-reference", 10, "this reference is not closed"),
        ("image: a:${ssm:/${nope}/x}", "variable-undeclared", 17, "the variable 'nope' is not declared"),
        ("image: a:${ssm:/${}/x}", "variable-reference", 17, "this reference is empty"),
        ("image: a:${ssm:/${empty}}", "lookup-form", 8, "'ssm:/a b' is not a lookup of the kind `ssm`"),
        ("image: a:${ssm:/${token}}", "variable-sensitive", 8, "the variable `token` is sensitive"),
        ("image: a:${ssm:/${ssm:/x}}", "lookup-form", 10, "a lookup cannot stand in another one"),
        ("image: a:${ssm:/${s}${cfn:a.B}}", "lookup-form", 10, "a lookup cannot stand in another one"),
        ("image: a:${NAME:-x}", "variable-undeclared", 10, "the variable 'NAME:-x' is not declared"),
        ("name: ${ssm:/x}", "lookup-place", 7, "`name` cannot have lookups in it: a job is named before"),
        ("aws: {region: '${ssm:/x}'}", "lookup-place", 16, "`aws` cannot have lookups in it: it says where"),
        ("task_definition: ${ssm:/x}", "lookup-place", 18, "`task_definition` cannot have lookups in it"),
        ("env: ${ssm:/x}", "wrong-type", 6, 'env: expected a mapping, got "${ssm:/x}"'),
        ("volume_configurations: ${ssm:/x}", "wrong-type", 24, "volume_configurations: expected a list"),
        ("count: 1${ssm:/x}", "wrong-type", 8, 'count: expected a whole number, got "1${ssm:/x}"'),
        ("enable_execute_command: ${ssm:/x}${ssm:/y}", "wrong-type", 25, "enable_execute_command: expected"),
        ("entry_point: sh ${ssm:/x}", "wrong-type", 14, "entry_point: expected a list"),
        ("volumes: {/a: {ebs_gib: '1${ssm:/x}', role_arn: '${ssm:/r}'}}", "wrong-type", 25, "ebs_gib: exp"),
        ("env: {A: '<ssm:/x at apply> ${ssm:/x}'}", "lookup-text", 10, "a text next to this lookup"),
        ("env: {A: '${sign}${ssm:/x}'}", "lookup-text", 10, "a `$` right before this lookup"),
    ],
)  # fmt: skip
def test_what_is_wrong_without_asking_is_said_without_asking(
    line: str, rule: str, column: int, message: str
) -> None:
    variables = (
        "variables: {empty: {default: a b}, token: {sensitive: true}, sign: {default: $}, s: {default: s}}\n"
    )
    head = "" if line.startswith("image") else "image: alpine\n"
    done = offline(f"{variables}{head}{line}\n")
    errors = [each for each in done.diagnostics if each.severity == "error"]

    assert [(each.rule, each.line, each.column) for each in errors] == [(rule, 2 + bool(head), column)]
    assert errors[0].message.startswith(message)


ALIKE = "<ssm:/x at apply>"
FILES = {"my.env": f"A={ALIKE}\n", "t.json": json.dumps({"cpu": "256", "family": ALIKE})}


@pytest.mark.parametrize(
    ("line", "path", "rule", "pointer"),
    [
        pytest.param(f"env: {{A: '{ALIKE}'}}", "job.yaml", "lookup-text", "/env/A", id="in a value"),
        pytest.param("env: {A: '<ssm:/y at apply>'}", "job.yaml", "lookup-text", "/env/A", id="of another"),
        pytest.param(f"command: run 'a {ALIKE}'", "job.yaml", "lookup-text", "/command", id="in a command"),
        pytest.param(f"command: [run, '{ALIKE}']", "job.yaml", "lookup-text", "/command/1", id="in a list"),
        pytest.param("labels: {A: '${alike}'}", "job.yaml", "lookup-text", "/labels/A", id="from a variable"),
        pytest.param("env_file: my.env", "my.env", "lookup-text", "/env/A", id="from an env_file"),
        pytest.param(
            "task_definition: t.json",
            "t.json",
            "lookup-text",
            "/task_definition/family",
            id="from a definition",
        ),
        pytest.param(
            "env: {A: '${token}', B: '<variable token at apply>'}",
            "job.yaml",
            "variable-sensitive",
            "/env/B",
            id="of a sensitive variable",
        ),
    ],
)
def test_a_text_that_a_plan_would_take_for_a_value_is_an_error(
    line: str, path: str, rule: str, pointer: str
) -> None:
    variables = f"variables: {{alike: {{default: '{ALIKE}'}}, token: {{sensitive: true}}}}\n"
    text = f"{variables}image: alpine:${{ssm:/x}}\n{line}\n"
    done = compile_manifest(text, file="job.yaml", region="eu-west-1", read=FILES.__getitem__)

    errors = [each for each in done.diagnostics if each.severity == "error"]
    assert [(each.path, each.rule, each.location.pointer) for each in errors] == [(path, rule, pointer)]


def test_what_is_found_may_read_like_a_placeholder() -> None:
    job = job_in(online("variables: {}\nimage: alpine\nenv: {A: '${ssm:/alike}', B: '${ssm:/tag}'}\n"))

    (container,) = job["run_request"]["overrides"]["containerOverrides"]
    assert [each["value"] for each in container["environment"]] == ["<ssm:/tag at apply>", "3.20"]
    assert job["task_definition"]["action"] == "register"
    assert job["spec"]["env"] == {"A": "${ssm:/alike}", "B": "${ssm:/tag}"}


def test_where_nothing_is_looked_up_such_a_text_is_a_text() -> None:
    line = f"env: {{A: '{ALIKE}', B: '<variable token at apply>'}}"
    job = job_in(offline(f"variables: {{}}\nimage: alpine\n{line}\n"))

    assert job["spec"]["env"] == {"A": ALIKE, "B": "<variable token at apply>"}


def test_a_default_has_no_lookup_in_it() -> None:
    done = offline("variables: {a: {default: '${ssm:/x}'}}\nimage: alpine:${a}\n")

    assert found_in(done) == [
        (
            "variable-default",
            1,
            26,
            "the default of `a` has a reference in it, and defaults are not expanded",
        )
    ]


@pytest.mark.parametrize("line", ["image: a:${vault:/x}", "image: a:${ssm:}", "image: a:${cfn:x}"])
def test_the_help_shows_the_form_and_how_to_keep_the_text(line: str) -> None:
    (found,) = offline(f"variables: {{}}\n{line}\n").diagnostics

    assert "${" in found.help.replace("$${", "")
    assert "write `$${`" in found.help


GONE = NotThere("there is no parameter `/tag`", "did you mean `/tags`?", "lookup-not-found")


def test_what_is_not_there_says_what_its_name_was_made_of() -> None:
    text = (
        "variables: {stage: {default: prod}, tag: {default: a}}\n"
        "image: ${tag}:${ssm:/${stage}/${matrix.s}/x}\nmatrix: {s: [one], t: [two]}\n"
    )
    (found,) = online(text, {**VALUES, "ssm:/prod/one/x": GONE}).diagnostics

    assert found.help.split("\n")[1:] == ["stage='prod' from its default, matrix.s='one' from the matrix"]


def test_what_is_not_there_is_an_error_at_each_reference_to_it() -> None:
    text = (
        "variables: {}\n"
        "defaults:\n"
        "  image: alpine:${ssm:/tag}\n"
        "jobs:\n"
        "  a: {env: {A: 'x ${ssm:/tag} ${ssm:/count}'}}\n"
        "  b: {}\n"
    )
    done = online(text, {**VALUES, "ssm:/tag": GONE})

    assert done.plan is None
    assert found_in(done) == [
        ("lookup-not-found", 3, 17, GONE.message),
        ("lookup-not-found", 5, 19, GONE.message),
    ]
    assert done.diagnostics[0].help == GONE.help


def test_a_list_inside_a_string_is_an_error() -> None:
    done = online("variables: {}\nimage: alpine\nenv: {A: 'x ${ssm:/list}'}\n")

    message = "`ssm:/list` is a list, and stands inside a longer string"
    assert found_in(done) == [("lookup-list", 3, 13, message)]


@pytest.mark.parametrize(
    ("line", "values", "rule", "help_text"),
    [
        ("cpu: ${ssm:/cpu}", {"ssm:/cpu": "much"}, "wrong-format", "'much' from ssm:/cpu"),
        ("count: ${ssm:/count}", {"ssm:/count": "0"}, "out-of-range", "'0' from ssm:/count"),
        ("count: ${ssm:/count}", {"ssm:/count": "few"}, "wrong-type", "'few' from ssm:/count"),
        ("env: {A: '${ssm:/list}'}", {}, "wrong-type", "['a', 'b c'] from ssm:/list"),
        ("count: ${ssm:/password}", {"ssm:/password": "hunter2"}, "wrong-type", "'***' from ssm:/password"),
        ("task_customizations: ${ssm:/patch}", {"ssm:/patch": "[{"}, "patch-json", "'[{' from ssm:/patch"),
    ],
)  # fmt: skip
def test_a_diagnostic_says_where_the_value_came_from(
    line: str, values: Any, rule: str, help_text: str
) -> None:
    done = online(f"variables: {{}}\nimage: alpine\n{line}\n", {**VALUES, **values})

    assert [(each.rule, each.line) for each in done.diagnostics] == [(rule, 3)]
    assert help_text in f"{done.diagnostics[0].help}\n{done.diagnostics[0].location.origin}"


def test_jobs_share_their_questions() -> None:
    jobs = "".join(f"  j{number}: {{family: 'f{number}'}}\n" for number in range(50))
    text = (
        f"variables: {{}}\ndefaults: {{image: 'alpine:${{ssm:/tag}}', cpu: '${{ssm:/cpu}}'}}\njobs:\n{jobs}"
    )
    read = read_jobs(text, file="job.yaml", region="eu-west-1")

    assert open_questions(read.jobs, Observed()) == (AskParameter(AWS, "/cpu"), AskParameter(AWS, "/tag"))


def test_nothing_else_is_asked_before_the_lookups_are_answered() -> None:
    text = manifest({"family": "${ssm:/tag}", "vpc_id": "${ssm:/vpc}"})
    read = read_jobs(text, file="job.yaml", region="eu-west-1")
    first = open_questions(read.jobs, Observed())
    then = open_questions(read.jobs, Observed({each: answer(each) for each in first}))

    assert set(first) == {AskParameter(AWS, "/tag"), AskParameter(AWS, "/vpc")}
    assert set(then) == {AskLatest(AWS, "3-20"), AskSubnets(AWS, "vpc-1")}


def members(schema: Any, shapes: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of all members of a schema of AWS's."""
    for name, each in schema.get("properties", {}).items():
        item = each.get("items", {})
        yield (*path, name)
        for below, step in ((each, ()), (item, (0,))):
            if "$ref" in below and len(path) < 6:
                shape = shapes[below["$ref"].rpartition("/")[2]]
                yield from members(shape, shapes, (*path, name, *step))


def put(path: tuple[str | int, ...], value: Any) -> Any:
    for each in reversed(path):
        value = [value] if each == 0 else {each: value}
        if each == "containerDefinitions" and isinstance(value[each], list):
            value[each] = [
                {"name": "main", **item} if isinstance(item, dict) else item for item in value[each]
            ]
    return value


NEEDED = {"image": "alpine", "execution_role_arn": ROLE, "configure_cloudwatch_logs": True}


def everywhere() -> Iterator[dict[str, Any]]:
    """Yield a manifest for each place in which a lookup may stand, alone and as an item of a list."""
    request = load_schema("task-definition")
    keys = load_schema("manifest")["$defs"]["job"]["properties"]
    paths = ((key,) for key in keys)
    below = (("task_definition", *path) for path in members(request, request["$defs"]))
    network = (("network_configuration", each) for each in ("subnets", "securityGroups", "assignPublicIp"))
    for path in (*paths, *below, *network):
        for value in ("${ssm:/x}", ["${ssm:/x}"]):
            yield {"variables": {}, **NEEDED, **put(path, value)}


@pytest.mark.parametrize(("launch_type", "value"), [("FARGATE", "1"), ("EC2", "CMD"), ("FARGATE", ("CMD",))])
def test_what_is_said_offline_is_true_of_any_value(launch_type: str, value: str | tuple[str, ...]) -> None:
    for each in everywhere():
        text = json.dumps({"launch_type": launch_type, **each})
        without = offline(text)
        said = {(found.rule, found.location.pointer) for found in without.diagnostics}
        if not said or {rule for rule, _ in said} & IMPOSSIBLE:
            continue
        done = online(text, {"ssm:/x": value}).diagnostics
        if not any("from ssm:/x" in each.help for each in done):
            assert said <= {(found.rule, found.location.pointer) for found in done}, text


IMPOSSIBLE = frozenset({"wrong-type", "not-allowed", "lookup-place"})
"""Rules of places where no value that a lookup can have is right."""


@pytest.mark.parametrize("launch_type", ["FARGATE", "EC2"])
def test_an_offline_plan_with_lookups_anywhere_can_be_read_and_shown(launch_type: str) -> None:
    for each in everywhere():
        done = offline(json.dumps({"launch_type": launch_type, **each}))
        if done.plan is not None:
            text = write_plan(done.plan)
            assert write_plan(read_plan(text)) == text
            assert preview(done.plan)
            assert recompile(done.plan.jobs[0], Observed()).plan is not None, each


def test_the_order_of_keys_means_nothing() -> None:
    body = {"image": "a:${ssm:/tag}", "cpu": "${ssm:/cpu}", "env": {"A": "${cfn:data-stack.Role}"}}
    first, second = online(manifest(body)), online(manifest(dict(reversed(body.items()))))

    assert first.plan is not None
    assert second.plan is not None
    assert write_plan(first.plan) == write_plan(second.plan)


def test_the_same_inputs_give_the_same_bytes() -> None:
    text = manifest({"image": "a:${ssm:/tag}", "env": {"A": "${ssm:/count}", "B": "${cfn:data-stack.Role}"}})
    first, second = online(text), online(text)
    assert first.plan is not None
    assert second.plan is not None
    assert write_plan(first.plan) == write_plan(second.plan)


@pytest.mark.parametrize("lookup", ["${ssm:/a}", "${cfn:a.b}", "${cfn-export:a}"])
def test_without_variables_a_lookup_is_literal_text_and_a_warning(lookup: str) -> None:
    done = offline(f"image: alpine\nenv: {{A: '{lookup}'}}\n")

    assert [each.rule for each in done.diagnostics] == ["unexpanded-variable"]
    assert "write `variables: {}` at the top" in done.diagnostics[0].help
    assert job_in(done)["spec"]["env"] == {"A": lookup}


def test_an_ignored_rule_may_concern_what_is_looked_up() -> None:
    text = "variables: {}\nimage: alpine\nenv: {A: '${ssm:/tag}'}  # ecsplan: ignore[secret-by-name]\n"

    assert found_in(offline(text)) == []
    assert [each.rule for each in online(text).diagnostics] == ["unused-ignore"]


def test_a_preview_names_a_looked_up_service_in_one_way() -> None:
    done = offline("variables: {}\nservice: ${ssm:/svc}-blue\n")

    assert done.plan is not None
    shown = "".join(preview(done.plan))
    assert "# <platform version of service <ssm:/svc at apply>-blue>" in shown
    assert "${" not in shown


SERVICE_IN = "arn:aws:ecs:{}:111122223333:service/shop/web"
LIKE_SERVICE: dict[str, tuple[str, Callable[[str], str]]] = {
    "the whole ARN": ("${ssm:/service}", SERVICE_IN.format),
    "the region alone": (SERVICE_IN.format("${ssm:/service}"), lambda region: region),
}


@pytest.mark.parametrize("case", LIKE_SERVICE)
@pytest.mark.parametrize("there", ["eu-west-1", "us-east-1"])
def test_the_arn_of_a_service_is_looked_up_by_a_job_without_a_region(case: str, there: str) -> None:
    """Each question is asked once, and where the job runs; a service of another region is refused."""
    reference, value = LIKE_SERVICE[case]
    said: dict[type[Question], Answer] = {
        AskRegion: "eu-west-1",
        AskParameter: Value(value(there)),
        AskLinked: WEB,
    }
    said[AskService] = Service({"serviceArn": SERVICE_IN.format(there), "taskDefinition": WEB.arn})
    asked: Counter[tuple[str, Aws]] = Counter()
    work = begin(read_jobs(f"variables: {{}}\nservice: {reference}\n", file="job.yaml"), Observed())
    while questions := work.questions:
        asked.update((type(each).__name__, each.aws) for each in questions)
        work = with_answers(work, {each: said.get(type(each)) for each in questions})
    done = work.result()

    assert {*asked.values()} == {1}
    assert {aws for _, aws in asked} == {Aws()}
    if there == "eu-west-1":
        assert job_in(done)["aws"]["region"] == "eu-west-1"
        assert job_in(done)["task_definition"]["action"] == "register"
    else:
        message = "the service is in the region us-east-1, but the job runs in eu-west-1"
        assert [each[:3] for each in found_in(done)] == [("service-elsewhere", 2, 10)]
        assert [each.message for each in done.diagnostics] == [message]
        assert "AskService" not in {kind for kind, _ in asked}


def test_a_service_whose_arn_has_its_region_is_looked_up_there() -> None:
    service = SERVICE_IN.format("us-east-1").replace("web", "${ssm:/service}")

    work = begin(read_jobs(f"variables: {{}}\nservice: {service}\n", file="job.yaml"), Observed())

    assert {each.aws for each in work.questions} == {Aws(region="us-east-1")}
    assert AskParameter(Aws(region="us-east-1"), "/service") in work.questions
