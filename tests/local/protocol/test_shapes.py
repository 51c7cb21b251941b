"""The shapes that inputs are held against, compared with botocore's service models."""

from collections.abc import Iterator

import botocore.session
import pytest
from botocore.model import Shape

from ecsplan_local.operations import OPERATIONS
from ecsplan_local.protocol.inputs import MapOf, OneOf
from ecsplan_local.protocol.shapes import SHAPES

SCALARS = {"string": str, "integer": int, "long": int, "boolean": bool}

UNREAD = {("secretsmanager", "CreateSecret"), ("secretsmanager", "PutSecretValue")}
"""Operations of which some inputs are refused: binary secrets, replicas."""

DOCUMENTED = {".networkMode": ("default",)}
"""Values beyond the model's enums that AWS's developer guide has: the network of Windows tasks on EC2."""


def differences(shape: object, model: Shape, path: str = "") -> Iterator[str]:
    """Yield where a shape of ours and one of botocore's differ; enums may be plain strings with us."""
    match shape:
        case dict():
            known = {name.removesuffix("!") for name in shape}
            yield from (f"{path}.{name} is unknown to us" for name in set(model.members) - known)
            yield from (f"{path}.{name} is unknown to AWS" for name in known - set(model.members))
            for name, each in shape.items():
                plain = name.removesuffix("!")
                if plain in model.members:
                    yield from differences(each, model.members[plain], f"{path}.{plain}")
                if name != plain and plain not in model.required_members:
                    yield f"{path}.{plain} is not required by AWS"
        case list():
            yield from differences(shape[0], model.member, f"{path}[]")
        case MapOf(value):
            if value is not object:
                yield from differences(value, model.value, f"{path}{{}}")
        case OneOf(values):
            taken = {*model.enum, *DOCUMENTED.get(path, ())}
            if set(values) != taken:
                yield f"{path} takes {sorted(set(values) ^ taken)} on one side only"
        case _:
            if SCALARS.get(model.type_name) is not shape:
                yield f"{path} is {model.type_name} with AWS"


@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, operation) for service, shapes in SHAPES.items() for operation in shapes],
)
def test_shape(service: str, operation: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    found = list(differences(SHAPES[service][operation], model.operation_model(operation).input_shape))

    if (service, operation) in UNREAD:
        found = [each for each in found if "unknown to us" not in each]
    assert found == []


def test_every_json_operation_has_a_shape() -> None:
    assert {service: set(OPERATIONS[service]) for service in SHAPES} == {
        service: set(shapes) for service, shapes in SHAPES.items()
    }
