"""What would fail when a plan is carried out, and does not show in it: `ecsplan verify`.

Takes jobs of a plan with their places in manifests, and asks AWS. Changes nothing.
Gives a finding for each thing that a job depends on: it is ok, it fails, or it is not known.
Must not know runs, tasks and copies.
"""
