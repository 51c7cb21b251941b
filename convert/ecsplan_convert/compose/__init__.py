"""What Compose files say of containers, which other formats partly share: commands, health checks, env files.

Takes members of a service, and a job to fill in.
Gives keys of a manifest, members of a container definition, and notes.
Must not know where a source comes from, or other formats.
"""
