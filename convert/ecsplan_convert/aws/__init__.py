"""What several formats have of AWS: names of members, expressions of schedules, templates.

Takes plain data and texts.
Gives the same in the form that ECS and EventBridge have.
Must not know the formats of readers and writers, or manifests.
"""
