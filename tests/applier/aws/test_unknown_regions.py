"""A region that cannot be reached: an unknown name is followed by the known one that is near."""

import pytest
from botocore.exceptions import EndpointConnectionError

from ecsplan_applier.aws.sdk_errors import translated
from ecsplan_applier.outcomes.errors import AwsError

NOT_KNOWN = "no region of that name is known"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param("us-esat-1", f"(us-esat-1): {NOT_KNOWN}; did you mean us-east-1?", id="mistyped"),
        pytest.param(
            "us-east-9", f"(us-east-9): {NOT_KNOWN}; did you mean us-east-1?", id="of the right form"
        ),
        pytest.param("local", f"(local): {NOT_KNOWN}", id="near none"),
        pytest.param("us-east-1", "(us-east-1)", id="known"),
        pytest.param("https://ecs.us-esat-1.example", "(https://ecs.us-esat-1.example)", id="an endpoint"),
        pytest.param("", '"https://ecs.example/"', id="neither"),
    ],
)
def test_what_is_said_of_a_region_that_is_not_reached(place: str, expected: str) -> None:
    with pytest.raises(AwsError) as caught, translated("ListTasks", place):
        raise EndpointConnectionError(endpoint_url="https://ecs.example/")

    assert caught.value.code == AwsError.NOT_REACHED
    assert caught.value.text.endswith(expected)
