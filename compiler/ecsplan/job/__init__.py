"""From a job as written to a JobSpec: one value for each meaning, defaults filled in.

Takes a job as written, and what the schema says of it.
Gives a JobSpec, and what was refused of it or cannot be read.
Must not know the requests that are made of it.
"""
