"""The `ecsplan` command: arguments, rendering, exit codes. Decides nothing about ECS."""
