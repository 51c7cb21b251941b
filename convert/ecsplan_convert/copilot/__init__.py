"""What manifests of AWS Copilot say of a job: its container, its task, and where it runs.

Takes members of a manifest, and a job to fill in.
Gives keys of a manifest, members of a task definition, and notes.
Must not know where a source comes from.
"""
