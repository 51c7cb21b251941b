"""Plan and run jobs on Amazon ECS: the compiler, a pure function from manifest to plan."""
