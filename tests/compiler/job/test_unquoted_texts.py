"""Texts that YAML reads as numbers, booleans or dates because nobody quoted them: what the message says."""

from typing import Any

import pytest

from ecsplan.compile import compile_manifest

IMAGE = "image: alpine:3\n"
QUOTE = "put it in quotes"


def said(text: str, **options: Any) -> list[tuple[str, str, str]]:
    """Return rule, end of the message and help of each error of a manifest."""
    found = compile_manifest(text, file="job.yaml", region="us-east-1", **options).diagnostics
    return [
        (each.rule, each.message.rpartition(" got ")[2], each.help)
        for each in found
        if each.severity == "error"
    ]


@pytest.mark.parametrize("value", ["007", "0x1f", "0o17", "1e3", "1.10", ".5", "+7", "1" * 23])
@pytest.mark.parametrize(
    "key",
    [
        "name: {}",
        "family: {}",
        "group: {}",
        "platform_version: {}",
        "labels: {{a: {}}}",
        "command: [echo, {}]",
        "after: [{}]",
        "task_definition: {{tags: [{{key: a, value: {}}}]}}",
        "task_definition: {{containerDefinitions: [{{name: main, image: a, user: {}}}]}}",
        "task_definition: {{containerDefinitions: [{{name: main, image: a, dockerLabels: {{a: {}}}}}]}}",
        "network_configuration: {{subnets: [{}]}}",
    ],
)
def test_a_number_is_quoted_as_it_is_written(key: str, value: str) -> None:
    assert said(IMAGE + key.format(value)) == [("wrong-type", value, QUOTE)]


@pytest.mark.parametrize("value", ["007", "0x1f", "1e3"])
@pytest.mark.parametrize("key", ["cluster: {}", "task_definition: {{family: {}}}"])
def test_a_number_that_would_be_a_name(key: str, value: str) -> None:
    assert said(IMAGE + key.format(value)) == [("wrong-type", value, QUOTE)]


@pytest.mark.parametrize("value", ["true", "False", "TRUE"])
def test_a_boolean_is_to_be_quoted(value: str) -> None:
    assert said(f"{IMAGE}group: {value}") == [("wrong-type", value.lower(), QUOTE)]


@pytest.mark.parametrize("value", ["2026-01-31", "on", "off", "yes", "no", "1_000", "12:30", "0b11"])
def test_what_only_yaml_11_reads_as_something_else_is_text(value: str) -> None:
    assert said(f"{IMAGE}group: {value}\nlabels: {{a: {value}}}") == []


@pytest.mark.parametrize(
    ("written", "help_text"),
    [
        pytest.param("aws: {account_id: 012345678901}", QUOTE, id="an account that begins with zero"),
        pytest.param("aws: {account_id: 000000000001}", QUOTE, id="an account of zeros"),
        pytest.param("aws: {account_id: 123456789012}", QUOTE, id="an account"),
        pytest.param(
            "aws: {account_id: 12345678901}",
            "write the 12 digits of an AWS account, in quotes",
            id="an account of eleven digits",
        ),
        pytest.param(
            "aws: {account_id: 1e11}",
            "write the 12 digits of an AWS account, in quotes",
            id="an account that a spreadsheet wrote",
        ),
        pytest.param("subnets: [0123]", "write the id of a subnet, subnet-…, in quotes", id="a subnet"),
        pytest.param(
            "service: 0123\ncluster: default",
            QUOTE,
            id="a service",
            marks=pytest.mark.filterwarnings("error"),
        ),
    ],
)
def test_the_help_is_about_the_text_as_it_is_written(written: str, help_text: str) -> None:
    (found,) = said(("" if "service" in written else IMAGE) + written)

    assert (found[0], found[2]) == ("wrong-type", help_text)


@pytest.mark.parametrize(
    ("declaration", "message", "help_text"),
    [
        pytest.param("{default: 0123}", "the default of `v` is 0123, not a string", QUOTE, id="a zero first"),
        pytest.param("{default: 1.10}", "the default of `v` is 1.10, not a string", QUOTE, id="a zero last"),
        pytest.param(
            "{default: 12}",
            "the default of `v` is 12, not a string",
            f"{QUOTE}, or declare `v` with `type: integer`",
            id="a plain number",
        ),
        pytest.param(
            "{default: a, enum: [a, 0x1f]}",
            "a value in the enum of `v` is 0x1f, not a string",
            QUOTE,
            id="one of an enum",
        ),
    ],
)
def test_a_declaration_quotes_numbers_as_written(declaration: str, message: str, help_text: str) -> None:
    text = f"variables: {{v: {declaration}}}\n{IMAGE}group: ${{v}}\n"

    (found,) = compile_manifest(text, file="job.yaml", region="us-east-1").diagnostics

    assert (found.message, found.help) == (message, help_text)


def test_a_number_of_a_secret_key_is_masked_all_the_same() -> None:
    (found,) = compile_manifest(
        f"{IMAGE}labels: {{password: 0012345}}\n", file="job.yaml", region="us-east-1"
    ).diagnostics

    assert "12345" not in f"{found.message} {found.help} {found.location.excerpt}"
