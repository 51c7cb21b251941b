"""The formats that `ecsplan init` reads, one module each.

Takes a `Source`: a document or a text of another tool.
Gives `SourceJobs`: the jobs in it, and what of it a manifest cannot express.
Must not know how a manifest is written, or the other formats.
"""
