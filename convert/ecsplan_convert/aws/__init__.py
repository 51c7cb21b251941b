"""Documents of AWS as more than one format has them: the names of members, expressions of schedules, templates.

Takes plain data and texts.
Gives the same in the form that ECS and EventBridge have.
Must not know the formats of readers and writers, or manifests.
"""
