"""What Prefect's ECSTask block and the worker of an ECS work pool make of what they are given.

Takes members of blocks and templates, and requests.
Gives keys of a manifest, and the template that makes given requests.
Must not know where a document comes from, or other formats.
"""
