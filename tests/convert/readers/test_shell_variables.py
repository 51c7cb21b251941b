"""Parameters of shell scripts: variables of a manifest, or notes where only a running shell knows them."""

from typing import Any

import pytest

from ecsplan_convert.readers.shell import read
from ecsplan_convert.references import reference as ref
from ecsplan_convert.source import Source, SourceJobs

RUN = "aws ecs run-task --task-definition etl"


def found(script: str) -> SourceJobs:
    return read(Source("run.sh", script))


def request(script: str) -> dict[str, Any]:
    """Return the request of the only call, without its definition."""
    (job,) = found(script).jobs
    return {name: value for name, value in job.request.items() if name != "taskDefinition"}


def overridden(word: str, before: str = "") -> Any:
    """Return the override of a container whose JSON is this word of a script."""
    request_ = request(f"{before}\n{RUN} --overrides {word}")
    return request_["overrides"]["containerOverrides"][0]


@pytest.mark.parametrize(
    ("before", "word", "expected", "declared"),
    [
        pytest.param("", "$A", ref("A"), {"A": {"env": "A"}}, id="a parameter"),
        pytest.param("", "${A}", ref("A"), {"A": {"env": "A"}}, id="in braces"),
        pytest.param("", '"$A"', ref("A"), {"A": {"env": "A"}}, id="in quotes"),
        pytest.param("", "'$A'", "$A", {}, id="in single quotes"),
        pytest.param("", '"a-$A-b"', f"a-{ref('A')}-b", {"A": {"env": "A"}}, id="within a text"),
        pytest.param("", "${A:?missing}", ref("A"), {"A": {"env": "A"}}, id="required"),
        pytest.param("", "${A:-b}", ref("A"), {"A": {"env": "A", "default": "b"}}, id="a default"),
        pytest.param("", "${A:=b}", ref("A"), {"A": {"env": "A", "default": "b"}}, id="an assigned default"),
        pytest.param("", "${A:-$B}", ref("A"), {"A": {"env": "A"}}, id="a default that is none"),
        pytest.param(": ${A:=b}", "$A", ref("A"), {"A": {"env": "A", "default": "b"}}, id="a default before"),
        pytest.param("A=b", "$A", ref("A"), {"A": {"env": "A", "default": "b"}}, id="a literal before"),
        pytest.param("export A=b", "$A", ref("A"), {"A": {"env": "A", "default": "b"}}, id="exported"),
        pytest.param(
            'A="${A:-b}"', "$A", ref("A"), {"A": {"env": "A", "default": "b"}}, id="its own default"
        ),
        pytest.param('A="x-$B"', "$A", f"x-{ref('B')}", {"B": {"env": "B"}}, id="put together"),
        pytest.param(
            "B=c; A=x-$B", "$A", f"x-{ref('B')}", {"B": {"env": "B", "default": "c"}}, id="of another"
        ),
        pytest.param("A=", '"x$A"', "x", {}, id="empty"),
        pytest.param("A=b; A=c", "$A", "c", {}, id="two literals"),
        pytest.param("A=x; A+=-$B", "$A", f"x-{ref('B')}", {"B": {"env": "B"}}, id="appended"),
        pytest.param(
            "A=$(cat <<'X'\nb\nX\n)", "$A", ref("A"), {"A": {"env": "A", "default": "b"}}, id="a document"
        ),
        pytest.param(
            "read -r -d '' A <<X\nb-$B\nX",
            "$A",
            f"b-{ref('B')}",
            {"B": {"env": "B"}},
            id="a document that is read",
        ),
        pytest.param("read -r A <<X\nb\nX", "$A", ref("A"), {"A": {"env": "A"}}, id="a line of a document"),
        pytest.param("A=$(echo b)", "$A", ref("A"), {"A": {"env": "A", "default": "b"}}, id="an echo"),
        pytest.param("A=$(date)", "$A", ref("A"), {"A": {"env": "A"}}, id="computed"),
        pytest.param("A=$1", "$A", ref("A"), {"A": {"env": "A"}}, id="an argument"),
        pytest.param("read A", "$A", ref("A"), {"A": {"env": "A"}}, id="read"),
        pytest.param("if x; then A=b; fi", "$A", ref("A"), {"A": {"env": "A"}}, id="on a condition"),
        pytest.param("[ x ] && A=b", "$A", ref("A"), {"A": {"env": "A"}}, id="after a test"),
        pytest.param(
            "A=a; while x; do case $1 in -a) A=$2;; esac; done",
            "$A",
            ref("A"),
            {"A": {"env": "A", "default": "a"}},
            id="an option of the script",
        ),
    ],
)
def test_values(before: str, word: str, expected: str, declared: Any) -> None:
    result = found(f"{before}\n{RUN} --group {word}")

    assert result.jobs[0].request["group"] == expected
    assert result.variables == declared


@pytest.mark.parametrize(
    ("options", "member", "expected", "declared"),
    [
        pytest.param("--count $N", "count", ref("N"), {"type": "integer"}, id="a number"),
        pytest.param("--count ${N:-2}", "count", ref("N"), {"type": "integer", "default": 2}, id="a default"),
        pytest.param("--count ${N:-two}", "count", ref("N"), {"type": "integer"}, id="a default of no use"),
        pytest.param(
            "--network-configuration 'awsvpcConfiguration={subnets=['$N'],assignPublicIp=ENABLED}'",
            "networkConfiguration",
            {"awsvpcConfiguration": {"subnets": ref("N"), "assignPublicIp": "ENABLED"}},
            {"type": "list"},
            id="a list in shorthand",
        ),
        pytest.param(
            '--network-configuration "awsvpcConfiguration={subnets=${N:-a,b}}"',
            "networkConfiguration",
            {"awsvpcConfiguration": {"subnets": ref("N")}},
            {"type": "list", "default": ["a", "b"]},
            id="a list without brackets",
        ),
        pytest.param(
            '--network-configuration "{\\"awsvpcConfiguration\\": {\\"subnets\\": $N}}"',
            "networkConfiguration",
            {"awsvpcConfiguration": {"subnets": ref("N")}},
            {"type": "list"},
            id="a list in JSON",
        ),
        pytest.param(
            '--network-configuration "awsvpcConfiguration={subnets=[$N,b]}"',
            "networkConfiguration",
            {"awsvpcConfiguration": {"subnets": [ref("N"), "b"]}},
            {},
            id="an item of a list",
        ),
        pytest.param(
            '--network-configuration \'{"awsvpcConfiguration": {"subnets": ["\'$N\'"]}}\'',
            "networkConfiguration",
            {"awsvpcConfiguration": {"subnets": [ref("N")]}},
            {},
            id="a text in JSON",
        ),
        pytest.param(
            "--capacity-provider-strategy capacityProvider=$N,weight=1",
            "capacityProviderStrategy",
            [{"capacityProvider": ref("N"), "weight": 1}],
            {},
            id="a text in shorthand",
        ),
        pytest.param(
            "--capacity-provider-strategy capacityProvider=a,weight=$N",
            "capacityProviderStrategy",
            [{"capacityProvider": "a", "weight": ref("N")}],
            {"type": "integer"},
            id="a number in shorthand",
        ),
    ],
)
def test_types(options: str, member: str, expected: object, declared: dict[str, object]) -> None:
    result = found(f"{RUN} {options}")

    assert result.jobs[0].request[member] == expected
    assert result.jobs[0].notes == ()
    assert result.variables == {"N": {"env": "N", **declared}}


def test_json_in_a_variable() -> None:
    before = """O='{"containerOverrides": [{"name": "a", "cpu": 5}]}'"""

    assert overridden('"$O"', before) == {"name": "a", "cpu": 5}


def test_json_put_together() -> None:
    before = """N=a; O="{\\"containerOverrides\\": [{\\"name\\": \\"$N\\", \\"command\\": $C}]}" """

    assert overridden('"$O"', before) == {"name": ref("N"), "command": ref("C")}


def test_json_in_documents() -> None:
    written = 'cat > o.json <<EOF\n{"containerOverrides": [{"name": "$A"}]}\nEOF'
    read_in = 'O=$(cat <<\'EOF\'\n{"containerOverrides": [{"name": "$A"}]}\nEOF\n)'

    assert overridden("file://o.json", written) == {"name": ref("A")}
    assert overridden('"$O"', read_in) == {"name": "$A"}


def test_options_in_variables() -> None:
    script = f"""
AWS="aws --region eu-west-1"
OPTIONS="--launch-type FARGATE --count 2"
ARGS=(--cluster 'a b')
ARGS+=(--group "$G")
{RUN.replace("aws", "$AWS", 1)} $OPTIONS "${{ARGS[@]}}"
"""

    assert request(script) == {"launchType": "FARGATE", "count": 2, "cluster": "a b", "group": ref("G")}
    assert found(script).jobs[0].keys == {"aws": {"region": "eu-west-1"}}


@pytest.mark.parametrize(
    ("options", "note"),
    [
        pytest.param(
            "--group $(id -u)", "--group is left out: only a running shell knows `$(id …)`", id="a command"
        ),
        pytest.param(
            "--group `id -u`", "--group is left out: only a running shell knows `$(id …)`", id="backquotes"
        ),
        pytest.param(
            "--group a-$1", "--group is left out: only a running shell knows `$1`", id="an argument"
        ),
        pytest.param(
            "--group ${A%%.*}", "--group is left out: only a running shell knows `${A%%.*}`", id="braces"
        ),
        pytest.param(
            "--count $((1+1))", "--count is left out: only a running shell knows `$((…))`", id="arithmetic"
        ),
        pytest.param(
            "--overrides file://<(jq .)",
            "--overrides is left out: only a running shell knows `<(…)`",
            id="process",
        ),
        pytest.param(
            "--overrides https://a/b", "--overrides is left out: `https://…` is not read", id="a URL"
        ),
        pytest.param("--overrides fileb://a", "--overrides is left out: `fileb://…` is not read", id="bytes"),
        pytest.param(
            "--overrides file://$D/a",
            "--overrides is left out: a variable is part of the name of its file",
            id="an unknown file",
        ),
        pytest.param(
            "--overrides file://a",
            "--overrides is left out: cannot read `a`: no file can be read here",
            id="a missing file",
        ),
        pytest.param(
            "--overrides $O",
            "--overrides: `overrides` is the variable O, which can stand for a text, a number, true or "
            "false, or a list of texts, but for nothing else: left out",
            id="a whole structure",
        ),
        pytest.param("$OPTIONS", "the options that `$OPTIONS` may hold are left out", id="options"),
        pytest.param('"$@"', "the options that `$@` may hold are left out", id="arguments"),
        pytest.param(
            "--overrides '[]'",
            "--overrides: `overrides` is a list, which AWS does not take there: left out",
            id="a list",
        ),
        pytest.param(
            "--cli-input-json '{\"cuont\": 1}'",
            "--cli-input-json: `cuont` is not a member of the request: left out; did you mean `count`?",
            id="an unknown member",
        ),
        pytest.param(
            "--started-by me", "--started-by is left out: ecsplan writes the name of the run there", id="by"
        ),
        pytest.param(
            "--client-token x", "--client-token is left out: ecsplan makes a token for each start", id="token"
        ),
        pytest.param(
            "--profile p",
            "the profile is left out, a name of one machine: set AWS_PROFILE, or `profile` of `aws:`",
            id="a profile",
        ),
        pytest.param(
            "--endpoint-url http://a",
            "--endpoint-url is left out: write it as `endpoint_url` of `aws:` if every run is to use it",
            id="an endpoint",
        ),
    ],
)
def test_what_is_left_out(options: str, note: str) -> None:
    (job,) = found(f"{RUN} {options}").jobs

    assert job.request == {"taskDefinition": "etl"}
    assert job.notes == (note,)


def test_only_the_value_with_an_expansion_is_left_out() -> None:
    words = """'{"containerOverrides": [{"name": "a", "cpu": 5, "memory": '$((1+1))',
        "command": ["b", "'$1'"],
        "environment": [{"name": "K", "value": "'$(date)'"}, {"name": "L", "value": "l"}]}]}'"""
    (job,) = found(f"{RUN} --overrides {words}").jobs

    assert job.request["overrides"] == {
        "containerOverrides": [{"name": "a", "cpu": 5, "environment": [{"name": "L", "value": "l"}]}]
    }
    assert [note.split("`")[1] for note in job.notes] == [
        "overrides.containerOverrides.0.memory",
        "overrides.containerOverrides.0.command",
        "overrides.containerOverrides.0.environment.0.value",
    ]


def test_notes_name_no_values() -> None:
    secret = "hunter2-hunter2"
    script = f"""
PASSWORD={secret}
{RUN} --overrides '{{"containerOverrides": [{{"name": "a", "environment":
  [{{"name": "P", "value": "'$PASSWORD'"}}, {{"name": "Q", "value": "'$(echo {secret} | base64)'"}}]}}]}}' \\
  --tags '{{"{secret}": 1}}' --cli-input-json '{{"group": {{"a": "{secret}"}}}}'
echo {secret} | login
"""
    result = found(script)

    assert not [note for note in (*result.notes, *result.jobs[0].notes) if secret in note]
    assert result.variables["PASSWORD"] == {"env": "PASSWORD", "default": secret}


@pytest.mark.parametrize("first", ["x", "$B"])
def test_values_do_not_grow_without_end(first: str) -> None:
    doubled = "\n".join(["A=$A$A"] * 60)
    (job,) = found(f"A={first}\n{doubled}\n{RUN} --group $A").jobs

    assert len(str(job.request.get("group", ""))) < 1_000_000


def test_arrays_do_not_grow_without_end() -> None:
    doubled = "\n".join(['A=("${A[@]}" "${A[@]}")'] * 60)
    (job,) = found(f"A=(--count 2)\n{doubled}\n{RUN} $X").jobs

    assert job.request == {"taskDefinition": "etl"}
