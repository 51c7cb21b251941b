"""An ECS on this machine, behind HTTP on loopback. Knows nothing of the other packages."""
