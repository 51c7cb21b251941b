"""The page for those who come from Prefect: every row has an answer, and the rules that it names exist."""

import re

from places import ROOT

from ecsplan.job.job_rules import JOB_RULES
from ecsplan.rules.order import CHECKS
from ecsplan.schema.schema_rules import SCHEMA_RULES

PAGE = ROOT / "docs" / "coming-from" / "prefect.md"
TEXT = PAGE.read_text("utf-8")
ROWS = {
    area: int(count)
    for area, count in re.findall(
        r"([A-Z])(\d+)", "F24 V7 C4 E4 L4 G4 T5 M7 X3 R14 D4 N6 P9 W12 O8 Q6 K8 Y4 J7"
    )
}
"""The rows of what ECSTask did, by the letter of their area."""


def test_every_row_has_an_answer() -> None:
    expected = [f"{area}{number:02}" for area, count in ROWS.items() for number in range(1, count + 1)]
    found = re.findall(r"^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \|$", TEXT, re.MULTILINE)

    assert sorted(row for row, _, _ in found) == sorted(expected)
    assert all(was.strip() and answer.strip() for _, was, answer in found)


def test_the_rules_that_it_names_exist() -> None:
    known = {rule.__name__.replace("_", "-") for rule in CHECKS}
    known |= {rule.name for rule in (*JOB_RULES, *SCHEMA_RULES)}
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", TEXT)) - {"awslogs-stream-prefix", "non-blocking"}

    assert named <= known
