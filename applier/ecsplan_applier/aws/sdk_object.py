"""The type of boto3's and botocore's objects, which have no types of their own."""

from typing import Any, TypeAlias

SdkObject: TypeAlias = Any
"""A session, client, model or error of the SDK; what it returns is narrowed where it enters."""
