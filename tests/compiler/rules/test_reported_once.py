"""One mistake is reported once: what only follows from it stays unsaid."""

import pytest

from ecsplan.compile import compile_jobs, read_jobs, together
from ecsplan.yaml.file_problems import MAX_PROBLEMS

ROLE = "arn:aws:iam::111122223333:role/execution"
DIGITS = "9" * 101


def reported(text: str | bytes) -> list[tuple[str, int, int]]:
    jobs = together([read_jobs(text, file="etl.yaml")])
    diagnostics = compile_jobs(jobs, None).diagnostics
    return [(each.rule, each.location.line, each.location.column) for each in diagnostics]


def in_container(members: str) -> str:
    return f"image: a\ntask_definition:\n  containerDefinitions:\n    - {{name: main, {members}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(in_container("cpu: 1e999"), ("number-out-of-range", 4, 25), id="too large a number"),
        pytest.param(in_container(f"cpu: {DIGITS}"), ("number-out-of-range", 4, 25), id="too long a number"),
        pytest.param(
            "image: a\ncapacity_provider_strategy: [{capacityProvider: 1e999, weight: 1}]\n",
            ("number-out-of-range", 2, 49),
            id="a number for a key that must be there",
        ),
        pytest.param("image: a\ncommand: [b, 1e999]\n", ("number-out-of-range", 2, 14), id="in a list"),
        pytest.param("image: \x00\n", ("control-character", 1, 8), id="NUL"),
        pytest.param("cpu: \x00\nimage: a\n", ("control-character", 1, 6), id="NUL for a number"),
        pytest.param("im\x00ge: a\n", ("control-character", 1, 3), id="NUL in a key"),
        pytest.param(in_container("cpu: \x00"), ("control-character", 4, 25), id="NUL in a list"),
        pytest.param(in_container("c\x00pu: 1"), ("control-character", 4, 21), id="NUL in a key in a list"),
        pytest.param(b"image: caf\xe9\n", ("encoding", 1, 11), id="Latin-1"),
        pytest.param(b"image: a #\xe9\n", ("encoding", 1, 11), id="in a comment"),
        pytest.param(
            in_container("portMappings: [{containerPort: é}]").encode("latin-1"),
            ("encoding", 4, 51),
            id="Latin-1 in a list",
        ),
        pytest.param("image: a\ncount: !!int x\n", ("tag-mismatch", 2, 14), id="a tag that lies"),
        pytest.param("image: a\ncount: !number 2\n", ("unsafe-tag", 2, 8), id="a tag of one's own"),
    ],
)
def test_a_value_that_cannot_be_read_is_not_judged(text: str | bytes, expected: tuple[str, int, int]) -> None:
    assert reported(text) == [expected]


def test_what_the_user_wrote_is_judged_even_if_it_looks_like_a_replaced_character() -> None:
    assert reported("image: a\ncpu: \ufffd\n") == [("wrong-format", 2, 6)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("imgae: a\ncommand: [b]\n", [("unknown-key", 1, 1)], id="image"),
        pytest.param(in_container("envrionment: []"), [("unknown-key", 4, 20)], id="of a container"),
        pytest.param(
            "image: a\ncapacity_provider_strategy:\n  - capacityProvder: FARGATE\n",
            [("unknown-key", 3, 5)],
            id="of a strategy",
        ),
        pytest.param(
            "image: a\ncapacity_provider_strategy:\n  - capacityProvider: FARGATE\n    wieght: 1\n",
            [("unknown-key", 4, 5)],
            id="the weight of a strategy",
        ),
        pytest.param(
            "image: a\ncapacity_provider_strategy:\n"
            "  - {capacityProvider: FARGATE, wieght: 1}\n  - {capacityProvider: FARGATE_SPOT}\n",
            [("unknown-key", 3, 33)],
            id="the one weight of two providers",
        ),
        pytest.param(
            "image: a\ntask_customizations:\n  - {op: add, pth: /group, value: b}\n",
            [("unknown-key", 3, 15)],
            id="of a patch",
        ),
        pytest.param(
            "image: a\ntask_definition: {proxyConfiguration: {container_name: main}}\n",
            [("unknown-key", 2, 40)],
            id="of a mapping, in another spelling",
        ),
        pytest.param(
            "image: a\ncapacity_provider_strategy:\n  - wheels: 4\n",
            [("missing-key", 3, 5), ("unknown-key", 3, 5)],
            id="a key that is not meant",
        ),
        pytest.param(
            "image: a\ncapacity_provider_strategy:\n  - capacityProvder: a\n  - weight: 1\n",
            [("unknown-key", 3, 5), ("missing-key", 4, 5)],
            id="missing in another mapping",
        ),
    ],
)
def test_a_mistyped_key_is_not_missing_too(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert reported(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "image: a\ncpus: !!int half\n",
            [("unknown-key", 2, 1), ("tag-mismatch", 2, 13)],
            id="a tag that lies",
        ),
        pytest.param(
            'image: a\nfoo: "a\x01b"\n',
            [("unknown-key", 2, 1), ("control-character", 2, 8)],
            id="a control character",
        ),
        pytest.param(
            "image: a\nf\x01o: !!int x\n", [("control-character", 2, 2), ("tag-mismatch", 2, 12)], id="both"
        ),
    ],
)
def test_an_unknown_key_is_reported_beside_what_is_wrong_with_its_value(
    text: str, expected: list[tuple[str, int, int]]
) -> None:
    assert reported(text) == expected


def test_a_mistyped_key_beside_the_right_one_hides_nothing() -> None:
    text = "image: a\ncapacity_provider_strategy: [{capacityProvider: FARGATE, weight: 1}]\n"

    assert reported(f"{text}launch_type: EC2\nlaunch_typ: EC2\n") == [
        ("launch-type-with-strategy", 3, 14),
        ("unknown-key", 4, 1),
    ]


def test_of_very_many_violations_the_first_are_reported() -> None:
    found = reported("image: a\n" + "".join(f"{'x' * (n % 9 + 1)}{n}: 1\n" for n in range(MAX_PROBLEMS + 5)))

    rules = [rule for rule, _, _ in found]
    assert rules.count("unknown-key") == MAX_PROBLEMS
    assert rules.count("too-many-problems") == 1
    assert len(rules) == MAX_PROBLEMS + 1


def test_an_empty_name_leaves_the_log_options_alone() -> None:
    text = f"image: a\nname: ''\nconfigure_cloudwatch_logs: true\nexecution_role_arn: {ROLE}\n"

    assert reported(text) == [("wrong-format", 2, 7)]


def test_empty_names_are_no_names_to_share() -> None:
    assert reported("image: a\nname: ''\n---\nimage: a\nname: ''\n") == [
        ("wrong-format", 2, 7),
        ("wrong-format", 5, 7),
    ]
