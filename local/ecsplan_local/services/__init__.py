"""The services beside ECS: CloudWatch Logs, EC2's network, STS, SSM and Secrets Manager.

Takes calls.
Gives answers as AWS gives them.
Must not know tasks and engines.
"""
