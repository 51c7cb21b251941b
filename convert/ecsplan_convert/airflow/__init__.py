"""Airflow's operators and DAGs, as far as a job has something of them.

Takes calls of operators in Python source, with the arguments that are literal.
Gives jobs, their order and schedules, and what an operator says that a job cannot.
Must not know how Python source is read, or other formats.
"""
