"""The formats that `ecsplan init` reads, one module each.

Takes a `Source`: a document or a text of another tool.
Gives `Found`: the jobs in it, and what of it a manifest cannot say.
Must not know how a manifest is written, or the other formats.
"""
