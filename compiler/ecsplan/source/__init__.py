"""The first pass: from the text of a manifest to jobs as they were written.

Takes text, and a function that reads definition files.
Gives jobs with the place of every value, and problems with their places.
Must not know what a key means to ECS.
"""
