"""What the rules say of themselves: names, sources, examples that break them, and the page made of it all."""

import ast
import re

import pytest
from docs.generators import rules
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.job.job_rules import JOB_RULES, JobRule
from ecsplan.rules.order import CHECKS, Rule
from ecsplan.schema.schema_rules import SCHEMA_RULES
from ecsplan.source.reading_rules import SOURCE_RULES
from ecsplan.terms.observed import FOUND_TWICE, NOT_FOUND, NOT_USABLE
from ecsplan_cli.input_rules import INPUT_RULES

RAISERS = {"error", "error_if_refused", "warning", "Problem", "report", "_refuse"}
"""What makes a diagnostic; the rule is its first argument."""


@pytest.mark.parametrize("rule", CHECKS, ids=lambda rule: rule.__name__)
def test_the_example_breaks_its_rule_and_no_other(rule: Rule) -> None:
    entry = rules.entry_of(rule)

    compiled = compile_manifest(entry.example, file="job.yaml")

    assert [each.rule for each in compiled.diagnostics] == [entry.name]
    severities = {each.severity for each in compiled.diagnostics}
    assert severities <= set(entry.severity.split(" or "))
    assert ("error" in severities) == entry.severity.startswith("error")
    assert (compiled.plan is None) == ("error" in severities)


@pytest.mark.parametrize("rule", CHECKS, ids=lambda rule: rule.__name__)
def test_an_error_says_how_it_is_refused(rule: Rule) -> None:
    entry = rules.entry_of(rule)

    assert entry.summary.endswith((".", ")"))
    assert bool(entry.refused) == entry.severity.startswith("error")
    assert not (entry.refused and entry.accepted)
    assert re.match(r"(by ecsplan, because .|RegisterTaskDefinition|RunTask|CreateSchedule|$)", entry.refused)


def test_the_tables_say_it_too() -> None:
    for rule in JOB_RULES:
        assert bool(rule.refused) == (rule.severity == "error"), rule.name
    assert all(rule.refused for rule in SCHEMA_RULES)


@pytest.mark.parametrize("rule", [each for each in JOB_RULES if each.example], ids=lambda rule: rule.name)
def test_the_example_of_a_pass_breaks_its_rule(rule: JobRule) -> None:
    found = compile_manifest(rule.example, file="job.yaml").diagnostics

    assert [(each.rule, each.severity) for each in found] == [(rule.name, rule.severity)]


def test_no_rule_is_listed_twice() -> None:
    names = [
        *INPUT_RULES,
        *(each.name for each in SOURCE_RULES),
        *(each.name for each in SCHEMA_RULES),
        *(each.name for each in JOB_RULES),
        *(rules.name_of(rule) for rule in CHECKS),
    ]

    assert sorted(names) == sorted(set(names))


def test_each_rule_is_used_under_its_own_name() -> None:
    """A function of `ecsplan.rules` names no rule but its own."""
    for path in sorted((ROOT / "compiler/ecsplan/rules").glob("*.py")):
        for function in ast.parse(path.read_text("utf-8")).body:
            if isinstance(function, ast.FunctionDef):
                assert set(raised(function)) <= {function.name.replace("_", "-")}


def test_every_rule_function_is_a_check() -> None:
    """No function that yields diagnostics is left out of CHECKS."""
    written = {
        name
        for path in (ROOT / "compiler/ecsplan/rules").glob("*.py")
        for name in raised(ast.parse(path.read_text("utf-8")))
    }

    assert written == {rule.__name__.replace("_", "-") for rule in CHECKS}


def test_every_rule_that_is_raised_is_on_the_page() -> None:
    listed = set(rules.page().split("\n### ")[1:])
    names = {each.split("\n", maxsplit=1)[0] for each in listed}
    sources = [*(ROOT / "compiler/ecsplan").rglob("*.py"), *(ROOT / "cli/ecsplan_cli").rglob("*.py")]

    used = {name for path in sources for name in raised(ast.parse(path.read_text("utf-8")))}

    assert used <= names
    tabled = {each.name for each in SCHEMA_RULES} | {each.name for each in SOURCE_RULES}
    answered = {NOT_FOUND, FOUND_TWICE, NOT_USABLE}
    assert names - used <= tabled | answered | {"cpu-size", "memory-size"}


def raised(tree: ast.AST) -> list[str]:
    """Return the rules that are named in the calls of a tree, as constants."""
    return [
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and called(call) in RAISERS
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]


def called(call: ast.Call) -> str:
    """Return the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
