"""The published schemas, and what in a document breaks them.

Takes plain data: dicts, lists and scalars.
Gives violations in words, each with a pointer and a hint.
Must not know where the data was written, and what a job is.
"""
