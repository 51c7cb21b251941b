"""The services besides ECS: CloudWatch Logs, EC2 networking, STS, SSM and Secrets Manager.

Takes calls.
Gives responses in the form of AWS.
Must not know tasks or engines.
"""
