"""What AWS's documents say, for readers and writers alike.

Takes values and documents of other tools.
Gives them as AWS writes them.
Must not know the formats.
"""
