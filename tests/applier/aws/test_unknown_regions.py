"""A region that cannot be reached: an unknown name is followed by the known one that is near."""

import pytest
from botocore.exceptions import EndpointConnectionError, ProxyConnectionError

from ecsplan_applier.aws.sdk_errors import translated
from ecsplan_applier.outcomes.errors import AwsError

NOT_KNOWN = "no region of that name is known"


@pytest.mark.parametrize(
    ("place", "endpoint", "expected"),
    [
        pytest.param(
            "us-esat-1",
            "https://ecs.us-esat-1.amazonaws.com/",
            f"(us-esat-1): {NOT_KNOWN}; did you mean us-east-1?",
            id="mistyped",
        ),
        pytest.param(
            "us-east-9",
            "https://ecs.us-east-9.amazonaws.com/",
            f"(us-east-9): {NOT_KNOWN}; did you mean us-east-1?",
            id="of the right form",
        ),
        pytest.param("local", "https://ecs.local.amazonaws.com/", f"(local): {NOT_KNOWN}", id="near none"),
        pytest.param("us-east-1", "https://ecs.us-east-1.amazonaws.com/", "(us-east-1)", id="known"),
        pytest.param(
            "https://ecs.us-esat-1.example",
            "https://ecs.us-esat-1.example/",
            "(https://ecs.us-esat-1.example)",
            id="an endpoint",
        ),
        pytest.param("local", "http://localhost:4566/", "(local)", id="an endpoint of the environment"),
        pytest.param("us-east-9", "http://127.0.0.1:4566/", "(us-east-9)", id="an address"),
        pytest.param("", "https://ecs.example/", '"https://ecs.example/"', id="neither"),
    ],
)
def test_what_is_said_of_a_region_that_is_not_reached(place: str, endpoint: str, expected: str) -> None:
    with pytest.raises(AwsError) as caught, translated("ListTasks", place):
        raise EndpointConnectionError(endpoint_url=endpoint)

    assert caught.value.code == AwsError.NOT_REACHED
    assert caught.value.text.endswith(expected)


def test_a_proxy_that_is_not_reached_says_nothing_about_the_region() -> None:
    with pytest.raises(AwsError) as caught, translated("ListTasks", "us-esat-1"):
        raise ProxyConnectionError(proxy_url="http://proxy.us-esat-1.example:3128", error=OSError())

    assert NOT_KNOWN not in caught.value.text
