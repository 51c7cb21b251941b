"""Names that ECS accepts stay; others are brought into form."""

import pytest

from ecsplan.terms.family_names import family_name, flow_family, reference_family, stream_prefix, tag_text


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("MyJob", "MyJob"),
        ("my--job_", "my--job_"),
        ("-lead", "-lead"),
        ("foo bar", "foo-bar"),
        ("foo*bar&!", "foo-bar"),
        ("JOB 1", "JOB-1"),
        ("it's", "it-s"),
        ("a.b", "a-b"),
        ("--a b--", "a-b"),
        ("été", "ete"),
        ("Straße Nr. 1", "Strasse-Nr-1"),
        ("日本語", "Ri-Ben-Yu"),
        ("R&amp;D &#65;", "R-amp-D-65"),
        ("a_b__c d", "a_b__c-d"),
        ("***", ""),
        ("😀", ""),
        ("", ""),
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 255),
        ("x" * 254 + " y", "x" * 254),
        ("é" * 300, "e" * 255),
    ],
)
def test_family(text: str, family: str) -> None:
    assert family_name(text) == family
    assert family_name(family) == family


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("a/b", "a/b"),
        ("x=1+2@q", "x=1+2@q"),
        ("a: b_c.d-e", "a: b_c.d-e"),
        ("UPPER  two spaces ", "UPPER  two spaces "),
        ("Ünïcode 日本語 ٣", "Ünïcode 日本語 ٣"),
        ("a,;<>?b", "a-b"),
        ("50%", "50-"),
        ("a\tb|c", "a-b-c"),
        ("&amp;", "-amp-"),
        ("--x--", "--x--"),
        ("", ""),
    ],
)
def test_tag(text: str, tag: str) -> None:
    assert tag_text(text) == tag
    assert tag_text(tag) == tag


@pytest.mark.parametrize(
    ("flow", "deployment", "family"),
    [
        ("etl", None, "ecsplan__etl"),
        ("etl", "prod", "ecsplan__etl__prod"),
        (None, "prod", "ecsplan__unknown-flow__prod"),
        (None, None, None),
    ],
)
def test_flow(flow: str | None, deployment: str | None, family: str | None) -> None:
    assert flow_family(flow, deployment) == family


@pytest.mark.parametrize(
    "reference",
    ["web", "web:7", "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7"],
)
def test_the_family_of_a_reference(reference: str) -> None:
    assert reference_family(reference) == "web"


def test_a_stream_prefix_has_no_character_that_logs_refuse() -> None:
    assert stream_prefix("a:b*:c d") == "a-b-c d"
