"""The base job template of the ECS worker of prefect-aws 0.4.20: its variables, and where they stand.

Written from the schema that the worker publishes: names, titles, types and defaults.
"""

from typing import Any, Final

_CREDENTIALS: Final = "AwsCredentials"
_CLIENT: Final = "AwsClientParameters"
_PROVIDER: Final = "CapacityProvider"
_TEXTS: Final = {"type": "object", "additionalProperties": {"type": "string"}}


def _text(title: str) -> dict[str, Any]:
    return {"title": title, "type": "string"}


def _of(title: str, form: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "type": form, **more}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def variables() -> dict[str, dict[str, Any]]:
    """Return the schemas of the variables by name, with the defaults that the worker gives them."""
    return {
        "name": _text("Name"),
        "env": {"title": "Environment Variables", **_TEXTS},
        "labels": {"title": "Labels", **_TEXTS},
        "command": _text("Command"),
        "task_definition_arn": _text("Task Definition Arn"),
        "aws_credentials": {"title": "AWS Credentials", "allOf": [_reference(_CREDENTIALS)]},
        "cluster": _text("Cluster"),
        "family": _text("Family"),
        "launch_type": {
            "title": "Launch Type",
            "default": "FARGATE",
            "enum": ["FARGATE", "EC2", "EXTERNAL", "FARGATE_SPOT"],
            "type": "string",
        },
        "capacity_provider_strategy": {
            "title": "Capacity Provider Strategy",
            "type": "array",
            "items": _reference(_PROVIDER),
        },
        "image": _text("Image"),
        "cpu": _of("CPU", "integer"),
        "memory": _of("Memory", "integer"),
        "container_name": _text("Container Name"),
        "task_role_arn": _text("Task Role ARN"),
        "execution_role_arn": _text("Execution Role ARN"),
        "vpc_id": _text("VPC ID"),
        "configure_cloudwatch_logs": _of("Configure Cloudwatch Logs", "boolean"),
        "cloudwatch_logs_options": {"title": "Cloudwatch Logs Options", **_TEXTS},
        "cloudwatch_logs_prefix": _text("Cloudwatch Logs Prefix"),
        "network_configuration": _of("Network Configuration", "object"),
        "stream_output": _of("Stream Output", "boolean"),
        "task_start_timeout_seconds": _of("Task Start Timeout Seconds", "integer", default=300),
        "task_watch_poll_interval": _of("Task Watch Poll Interval", "number", default=5.0),
        "auto_deregister_task_definition": _of("Auto Deregister Task Definition", "boolean", default=False),
        "match_latest_revision_in_family": _of("Match Latest Revision In Family", "boolean", default=False),
    }


def definitions() -> dict[str, Any]:
    """Return the schemas that those of the variables refer to."""
    return {
        _CLIENT: _client(),
        _CREDENTIALS: _credentials(),
        _PROVIDER: {
            "title": _PROVIDER,
            "type": "object",
            "properties": {
                "capacityProvider": _text("Capacityprovider"),
                "weight": _of("Weight", "integer"),
                "base": _of("Base", "integer"),
            },
            "required": ["capacityProvider", "weight", "base"],
        },
    }


def _client() -> dict[str, Any]:
    return {
        "title": _CLIENT,
        "type": "object",
        "properties": {
            "api_version": _text("API Version"),
            "use_ssl": _of("Use SSL", "boolean", default=True),
            "verify": {
                "title": "Verify",
                "anyOf": [{"type": "boolean"}, {"type": "string", "format": "file-path"}],
            },
            "verify_cert_path": _of("Certificate Authority Bundle File Path", "string", format="file-path"),
            "endpoint_url": _text("Endpoint URL"),
            "config": _of("Botocore Config", "object"),
        },
    }


def _credentials() -> dict[str, Any]:
    return {
        "title": _CREDENTIALS,
        "type": "object",
        "properties": {
            "aws_access_key_id": _text("AWS Access Key ID"),
            "aws_secret_access_key": _of(
                "AWS Access Key Secret", "string", writeOnly=True, format="password"
            ),
            "aws_session_token": _text("AWS Session Token"),
            "profile_name": _text("Profile Name"),
            "region_name": _text("Region Name"),
            "aws_client_parameters": {"title": "AWS Client Parameters", "allOf": [_reference(_CLIENT)]},
        },
        "block_type_slug": "aws-credentials",
        "secret_fields": ["aws_secret_access_key"],
        "block_schema_references": {},
    }


def placeholder(name: str) -> str:
    """Return the placeholder of a variable."""
    return f"{{{{ {name} }}}}"


_PASSED: Final = (
    "configure_cloudwatch_logs",
    "cloudwatch_logs_options",
    "cloudwatch_logs_prefix",
    "network_configuration",
    "stream_output",
    "task_start_timeout_seconds",
    "task_watch_poll_interval",
    "auto_deregister_task_definition",
    "vpc_id",
    "container_name",
    "cluster",
    "match_latest_revision_in_family",
)


def job_configuration() -> dict[str, Any]:
    """Return the configuration of a job, with a placeholder for each variable."""
    names = ("command", "env", "labels", "name", "aws_credentials")
    override = {
        "name": placeholder("container_name"),
        "command": placeholder("command"),
        "environment": placeholder("env"),
        "cpu": placeholder("cpu"),
        "memory": placeholder("memory"),
    }
    return {
        **{name: placeholder(name) for name in names},
        "task_definition": {
            "containerDefinitions": [{"image": placeholder("image"), "name": placeholder("container_name")}],
            "cpu": placeholder("cpu"),
            "family": placeholder("family"),
            "memory": placeholder("memory"),
            "executionRoleArn": placeholder("execution_role_arn"),
        },
        "task_run_request": {
            "launchType": placeholder("launch_type"),
            "cluster": placeholder("cluster"),
            "overrides": {
                "containerOverrides": [override],
                "cpu": placeholder("cpu"),
                "memory": placeholder("memory"),
                "taskRoleArn": placeholder("task_role_arn"),
            },
            "tags": placeholder("labels"),
            "taskDefinition": placeholder("task_definition_arn"),
            "capacityProviderStrategy": placeholder("capacity_provider_strategy"),
        },
        **{name: placeholder(name) for name in _PASSED},
    }


def base_job_template() -> dict[str, Any]:
    """Return the template; it is the caller's to change."""
    return {
        "job_configuration": job_configuration(),
        "variables": {
            "description": "Variables for templating an ECS job.",
            "type": "object",
            "properties": variables(),
            "definitions": definitions(),
        },
    }
