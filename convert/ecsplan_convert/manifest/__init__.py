"""The jobs of a source as a manifest: the fewest keys that compile to the requests it stands for.

Takes jobs as a reader found them.
Gives the text of a manifest, with comments on what could not be carried over.
Must not know the formats that readers read.
"""
