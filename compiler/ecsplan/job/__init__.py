"""From accepted data to a JobSpec: one value for each meaning, defaults filled in.

Takes the data of a job that the schema has accepted.
Gives a JobSpec, and what cannot be read.
Must not know the requests that are made of it.
"""
