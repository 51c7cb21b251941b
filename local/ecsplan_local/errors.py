"""The exceptions of the endpoint: AWS's error responses, and reasons why the endpoint cannot run."""

from ecsplan_local.json_types import Body


class LocalError(Exception):
    """The endpoint cannot start or continue. The message names the cause and the remedy; no data was lost."""


class ServiceError(Exception):
    """An error response of an AWS service.

    Args:
        code: AWS's error code, such as `ClientException`.
        message: AWS's message.
        status: HTTP status.
        members: Further members of the error's body, such as `resourceIds`.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, members: Body | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


def client_error(message: str) -> ServiceError:
    """Return ECS's ClientException with this message."""
    return ServiceError("ClientException", message)


def invalid_parameter(message: str) -> ServiceError:
    """Return the InvalidParameterException of ECS and CloudWatch Logs with this message."""
    return ServiceError("InvalidParameterException", message)


def cluster_not_found() -> ServiceError:
    """Return ECS's error for a cluster that does not exist."""
    return ServiceError("ClusterNotFoundException", "Cluster not found.")
