"""What ECS says and what it means: each row is found by its own words, and the page shows all of them."""

import pytest
from seen_refusals import REFUSALS, Refusal
from seen_stop_reasons import PLACEMENTS, SEEN, Seen

from ecsplan_applier.outcomes.explain import ERROR_PATTERNS, explain_call, explain_failure, explain_stop
from ecsplan_applier.outcomes.explanation import ErrorPattern


def found(pattern: ErrorPattern) -> str | None:
    code, _, text = pattern.example.partition(": ")
    match pattern.kind:
        case "call":
            explanation = explain_call(pattern.operation.replace("*", "Any"), code, text)
        case "failure":
            explanation = explain_failure(pattern.example)
        case "stop":
            explanation = explain_stop(code, text, next(iter(pattern.exit_codes), None))
        case "own":
            return pattern.name
    return None if explanation is None else explanation.name


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=pattern.name) for pattern in ERROR_PATTERNS])
def test_a_row_is_found_by_its_own_words(pattern: ErrorPattern) -> None:
    assert found(pattern) == pattern.name


def test_names_are_used_once() -> None:
    names = [pattern.name for pattern in ERROR_PATTERNS]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=pattern.name) for pattern in ERROR_PATTERNS])
def test_a_row_says_everything(pattern: ErrorPattern) -> None:
    assert all((pattern.example, pattern.meaning, pattern.remedy, pattern.source))
    assert not pattern.meaning.endswith(".")
    assert not pattern.remedy.endswith(".")


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
        pytest.param(
            "UserInitiated", "no such file needed any more", 143, "stopped-by-person", id="a person's words"
        ),
        pytest.param(
            "UserInitiated", "stopped with ecsplan stop", 143, "stopped-by-person", id="the command stop"
        ),
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
            "CannotPullContainerError: failed to do request: dial tcp 192.0.2.1:443: i/o timeout (docker"
            " pull on this"
            " machine)",
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


def rows_of(table: tuple[Seen, ...]) -> list[object]:
    return [pytest.param(each, id=f"{each.row}: {each.reason[-60:]}") for each in table]


@pytest.mark.parametrize("seen", rows_of(SEEN))
def test_words_from_public_reports_are_explained(seen: Seen) -> None:
    explanation = explain_stop(seen.code, seen.reason, seen.exit_code)

    assert explanation is not None
    assert explanation.name == seen.row


@pytest.mark.parametrize("seen", rows_of(PLACEMENTS))
def test_a_stopped_task_and_failures_say_the_same(seen: Seen) -> None:
    reason = seen.reason.removeprefix("TaskFailedToStart: ")

    said = (explain_stop("TaskFailedToStart", reason, None), explain_failure(reason))

    assert said[0] == said[1]
    assert said[0] is not None
    assert said[0].name == seen.row


DAEMON = "CannotPullContainerError: Error response from daemon: "
RESOLVE = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref: "
OCI = "CannotStartContainerError: Error response from daemon: OCI runtime create failed: "


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        pytest.param(
            f"{RESOLVE}unexpected status from GET request: 401 Unauthorized", "image-denied", id="401"
        ),
        pytest.param(
            f"{RESOLVE}unexpected status from HEAD request: 502 Bad Gateway", "registry-trouble", id="502"
        ),
        pytest.param(
            f"{DAEMON}received unexpected HTTP status: 504 Gateway Timeout", "registry-trouble", id="504"
        ),
        pytest.param(
            f"{DAEMON}Get: x509: certificate signed by unknown authority", "image-certificate", id="x509"
        ),
        pytest.param(f"{DAEMON}unknown: Not Found", "image-missing", id="not found"),
        pytest.param(f"{DAEMON}invalid reference format", "image-name", id="reference"),
        pytest.param(f"{RESOLVE}unexpected status: 429 Too Many Requests", "image-rate-limited", id="429"),
        pytest.param(
            f"{RESOLVE}dial tcp 192.0.2.1:443: connect: connection refused", "image-no-route", id="refused"
        ),
        pytest.param(
            'ContainerRuntimeError: OCI runtime create failed: exec: "timeout": executable file not found in'
            " $PATH",
            "cannot-start-container",
            id="a command that is called timeout",
        ),
        pytest.param(
            f'{OCI}could not select device driver "" with capabilities: [[gpu]]', "gpu-missing", id="gpu"
        ),
        pytest.param(
            f"{OCI}unable to find user app: no matching entries in passwd file", "user-missing", id="user"
        ),
        pytest.param(f"{OCI}listen tcp: bind: address already in use", "port-taken", id="port"),
        pytest.param(
            f'{OCI}mounting "/a" to rootfs at "/b" caused: not a directory', "mount-refused", id="mount"
        ),
        pytest.param(
            f'{OCI}exec user process caused "exec format error"', "image-platform-at-start", id="format"
        ),
        pytest.param(
            "CannotCreateContainerError: Conflict. The name is in use", "cannot-start-other", id="conflict"
        ),
        pytest.param(
            "CannotCreateContainerError: Minimum memory limit allowed is 6MB",
            "start-memory",
            id="least memory",
        ),
        pytest.param(
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull"
            " secrets from AWS"
            " Systems Manager Parameter Store. Check your network connection between the task and AWS"
            " Systems Manager.",
            "no-route-at-start",
            id="no way to SSM",
        ),
        pytest.param(
            "ResourceInitializationError: failed to fetch secret from secrets manager:"
            " AccessDeniedException: Access to KMS"
            " is not allowed",
            "secret-key-denied",
            id="kms",
        ),
        pytest.param("Timeout waiting for EBS volume attachment to complete.", "ebs-refused", id="ebs"),
        pytest.param(
            "Unexpected EC2 error while attempting to create network interface:"
            " NetworkInterfaceLimitExceeded",
            "network-interface-refused",
            id="quota of interfaces",
        ),
        pytest.param("RESOURCE:FPGA", "instances-full", id="another resource"),
        pytest.param(
            "ECS was unable to assume the role 'arn:aws:iam::1:role/efs-log-secret' that was provided for"
            " this task.",
            "role-not-assumed",
            id="a role with efs, log and secret in its name",
        ),
        pytest.param(
            "CannotStartContainerError: no-such-file-not-found: dependent container database did not start",
            "dependency",
            id="dependency",
        ),
    ],
)
def test_other_wordings_of_the_same_failure(reason: str, name: str) -> None:
    explanation = explain_stop("TaskFailedToStart", reason, None)

    assert explanation is not None
    assert explanation.name == name


@pytest.mark.parametrize(
    ("reason", "transient"),
    [
        pytest.param(
            "Timeout waiting for network interface provisioning to complete.", "start", id="interface"
        ),
        pytest.param("Timeout waiting for EphemeralStorage provisioning to complete.", "start", id="storage"),
        pytest.param("Capacity is unavailable at this time.", "start", id="capacity"),
        pytest.param("AGENT", "start", id="agent"),
        pytest.param(f"{RESOLVE}503 Service Unavailable", "start", id="registry 5xx"),
        pytest.param(f"{DAEMON}net/http: TLS handshake timeout", "start", id="handshake"),
        pytest.param(f"{DAEMON}tls: handshake timed out", "start", id="handshake, in other words"),
        pytest.param(f"{DAEMON}504 Gateway Time-out", "start", id="gateway timeout"),
        pytest.param(f"{DAEMON}received unexpected HTTP status: 500", "start", id="registry 500"),
        pytest.param("TaskStateError: Agent could not progress task's state", "start", id="agent lost track"),
        pytest.param("Host EC2 (instance i-0) terminated.", "interruption", id="host"),
        pytest.param(f"{DAEMON}remote error: tls: handshake failure", None, id="handshake refused"),
        pytest.param(
            f"{DAEMON}tls: first record does not look like a TLS handshake", None, id="registry without HTTPS"
        ),
        pytest.param(f"{DAEMON}x509: certificate signed by unknown authority", None, id="wrong certificate"),
        pytest.param(f"{RESOLVE}403 Forbidden", None, id="registry refuses"),
        pytest.param(f"{RESOLVE}not found", None, id="wrong image"),
        pytest.param(f"{RESOLVE}dial tcp 192.0.2.1:443: i/o timeout", None, id="no route to the registry"),
        pytest.param("ECS was unable to assume the role 'x'.", None, id="wrong role"),
        pytest.param(f'{OCI}exec: "x": executable file not found in $PATH', None, id="wrong command"),
        pytest.param("MemberOf placement constraint unsatisfied.", None, id="constraint"),
    ],
)
def test_what_may_pass_by_itself(reason: str, transient: str | None) -> None:
    explanation = explain_stop("TaskFailedToStart", reason, None)

    assert explanation is not None
    assert explanation.transient == transient


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(
            "Capacity is unavailable at this time. Please try again later", "no-capacity", id="capacity"
        ),
        pytest.param("You've reached the limit on the number of tasks you can run", "vcpu-quota", id="quota"),
        pytest.param("Something that nobody has seen: no such file", None, id="nothing of placement"),
    ],
)
def test_a_refused_call_may_speak_as_failures_do(text: str, name: str | None) -> None:
    explanation = explain_call("RunTask", "ClientException", text)

    assert (None if explanation is None else explanation.name) == name


def test_failures_may_speak_as_stopped_tasks_do() -> None:
    explanation = explain_failure("Timeout waiting for network interface provisioning to complete.")

    assert explanation is not None
    assert (explanation.name, explanation.transient) == ("network-interface", "start")


def test_launch_type_ec2_without_instances_points_to_a_capacity_provider() -> None:
    text = "No Container Instances were found in your cluster."

    explanation = explain_call("RunTask", "InvalidParameterException", text)

    assert explanation is not None
    assert "`capacity_provider_strategy`" in explanation.remedy


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
    reason = (
        "CannotPullContainerError: failed to do request: dial tcp: lookup registry.test: no such host"
        " (podman pull on"
        " this machine)"
    )

    explanation = explain_stop("TaskFailedToStart", reason, None)

    assert explanation is not None
    assert "`--runner process`" in explanation.remedy


@pytest.mark.parametrize("seen", [pytest.param(seen, id=seen.message[:60]) for seen in REFUSALS])
def test_refusals_from_public_reports_are_explained(seen: Refusal) -> None:
    explanation = explain_call(seen.operation, seen.code, seen.message)

    assert explanation is not None
    assert explanation.name == seen.row
