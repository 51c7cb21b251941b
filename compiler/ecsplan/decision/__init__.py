"""The decision: whether a described revision says the same as a request.

Takes a RegisterTaskDefinition request, and what DescribeTaskDefinition returned.
Gives one spelling for each meaning, a fingerprint, and Reuse or Register with the list of changes.
Must not know manifests, places and plans.
"""
