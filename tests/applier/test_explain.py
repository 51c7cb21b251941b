"""What ECS says and what it means: each row is found by its own words, and the page shows all of them."""

import runpy
from pathlib import Path

import pytest

from ecsplan_applier.explain import ROWS, explain_call, explain_failure, explain_stop
from ecsplan_applier.sayings import Row

DOCS = Path(__file__).parents[2] / "docs"


def found(row: Row) -> str | None:
    code, _, text = row.says.partition(": ")
    match row.kind:
        case "call":
            explanation = explain_call(row.operation.replace("*", "Any"), code, text)
        case "failure":
            explanation = explain_failure(row.says)
        case "stop":
            explanation = explain_stop(code, text, row.exit_code)
    return None if explanation is None else explanation.name


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_row_is_found_by_its_own_words(row: Row) -> None:
    assert found(row) == row.name


def test_names_are_used_once() -> None:
    names = [row.name for row in ROWS]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_row_says_everything(row: Row) -> None:
    assert all((row.says, row.meaning, row.remedy, row.source))
    assert not row.meaning.endswith(".")
    assert not row.remedy.endswith(".")


@pytest.mark.parametrize(
    ("code", "reason", "exit_code", "name"),
    [
        pytest.param(
            "EssentialContainerExited", "Essential container in task exited", 0, None, id="ended well"
        ),
        pytest.param(
            "EssentialContainerExited", "Essential container in task exited", 3, None, id="exit code"
        ),
        pytest.param("", "", None, None, id="nothing said"),
        pytest.param("UserInitiated", "ecsplan was interrupted", 137, None, id="interrupted by its own user"),
        pytest.param("UserInitiated", "ecsplan: not started in time", None, None, id="a timeout of ours"),
        pytest.param("UserInitiated", "maintenance", 143, "stopped-by-person", id="somebody else"),
        pytest.param(
            "TerminationNotice",
            "The endpoint that ran this task has ended.",
            None,
            "local-endpoint-ended",
            id="the embedded ECS ended",
        ),
        pytest.param(
            "TaskFailedToStart",
            "CannotPullContainerError: docker pull alpine:3: dial tcp 192.0.2.1:443: i/o timeout",
            None,
            "local-image",
            id="no network for the engine of this machine",
        ),
        pytest.param(
            "TaskFailedToStart",
            "CannotPullContainerError: denied: requested access to the resource is denied",
            None,
            "image-denied",
            id="denied by another registry",
        ),
        pytest.param(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: cannot validate ssm",
            None,
            "secret-refused",
            id="parameter store",
        ),
        pytest.param("EssentialContainerExited", "x; OutOfMemoryError: y", 137, "out-of-memory", id="memory"),
        pytest.param(
            "TaskFailedToStart",
            "CannotPullContainerError: failed to resolve ref 123456784031.dkr.ecr.us-east-1.amazonaws.com/a:"
            " failed to do request: dial tcp 192.0.2.1:443: i/o timeout",
            None,
            "image-no-route",
            id="an account with 403 in it",
        ),
        pytest.param(
            "TaskFailedToStart",
            "CannotPullContainerError: ref pull has been retried 1 time(s): geofence/platform-api: bad layer",
            None,
            "image-other",
            id="an image with eof and platform in its name",
        ),
        pytest.param(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
            " retrieval failed: AccessDeniedException: secret:prod/log/catalog-mount",
            None,
            "secret-refused",
            id="a secret with log and mount in its name",
        ),
        pytest.param(
            "EssentialContainerExited",
            "Essential container in task exited; website exited with 1",
            137,
            "ended-by-another-container",
            id="a container with ebs in its name",
        ),
        pytest.param(
            "ServiceSchedulerInitiated",
            "ECS is performing maintenance on the underlying infrastructure hosting the task.",
            143,
            "maintenance",
            id="retired",
        ),
    ],
)
def test_the_first_row_that_fits_counts(
    code: str, reason: str, exit_code: int | None, name: str | None
) -> None:
    explanation = explain_stop(code, reason, exit_code)

    assert (None if explanation is None else explanation.name) == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The specified capacity provider 'batch' was not found.", id="by name"),
        pytest.param(
            "The specified capacity provider strategy cannot contain a capacity provider that is not"
            " associated with the cluster. Associate the capacity provider with the cluster or specify a"
            " valid capacity provider and try again.",
            id="not of this cluster",
        ),
    ],
)
def test_a_capacity_provider_that_the_cluster_lacks(text: str) -> None:
    explanation = explain_call("RunTask", "InvalidParameterException", text)

    assert explanation is not None
    assert explanation.name == "capacity-provider-missing"


def test_an_image_that_this_machine_cannot_have_needs_no_image() -> None:
    reason = "CannotPullContainerError: podman pull alpine:3: dial tcp: lookup registry.test: no such host"

    explanation = explain_stop("TaskFailedToStart", reason, None)

    assert explanation is not None
    assert "`--runner process`" in explanation.remedy


def test_the_page_shows_the_table() -> None:
    page = runpy.run_path(str(DOCS / "generate_failures.py"))["page"]

    assert (DOCS / "failures.md").read_text(encoding="utf-8") == page()
