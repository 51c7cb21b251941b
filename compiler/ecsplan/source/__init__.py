"""The first pass: the text of a manifest to its jobs as written.

Takes text, and a function that reads the files that it names.
Gives jobs with the place of every value, and the problems of the text with their places.
Must not know what a key means to ECS.
"""
