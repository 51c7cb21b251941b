"""The tables of options against the service's own model."""

from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from ecsplan_convert.shell.aws_options import OPTIONS, REGISTER, RUN_TASK, names_of, option_of

KINDS = {
    "string": "text",
    "integer": "integer",
    "boolean": "flag",
    "structure": "structure",
}


def kind_of(shape: Any) -> str:
    if shape.type_name == "list":
        return "structures" if shape.member.type_name == "structure" else "texts"
    return KINDS[shape.type_name]


@pytest.mark.parametrize(("operation", "name"), [(RUN_TASK, "RunTask"), (REGISTER, "RegisterTaskDefinition")])
def test_every_member_has_its_option(operation: str, name: str) -> None:
    shape = botocore.session.get_session().get_service_model("ecs").operation_model(name).input_shape
    assert shape is not None

    expected = {
        f"--{xform_name(member, '-')}": (member, kind_of(each)) for member, each in shape.members.items()
    }

    assert {option: (each.member, each.kind) for option, each in OPTIONS[operation].items()} == expected


def test_negative_options() -> None:
    assert option_of(RUN_TASK, "--disable-execute-command") == OPTIONS[RUN_TASK]["--enable-execute-command"]
    assert option_of(RUN_TASK, "--no-enable-execute-command") == OPTIONS[RUN_TASK]["--enable-execute-command"]
    assert option_of(RUN_TASK, "--no-cluster") is None
    assert {each for each in names_of(RUN_TASK) if each.startswith(("--no-", "--disable-"))} == {
        "--disable-execute-command",
        "--no-enable-ecs-managed-tags",
    }
