"""The formats that `ecsplan export` writes, one module each.

Takes jobs of a plan.
Gives `Exported`: the text for another tool, and what of the jobs it cannot say.
Must not know manifests, or the other formats.
"""
