"""Old revisions that nothing uses: which these are, and deregistering and deleting them, for `ecsplan prune`.

Takes families, and how many of their newest revisions to keep.
Gives each ACTIVE revision with what uses it, and what became of those that were to go.
Must not know runs and plans.
"""
