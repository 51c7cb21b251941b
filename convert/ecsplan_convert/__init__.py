"""What people have into manifests, and jobs into what other tools take: `ecsplan init` and `ecsplan export`.

Takes documents, texts and planned jobs that somebody else has read or compiled.
Gives manifests as text, and documents of other tools as text, each with what could not be kept.
Must not know files, the command line, the terminal or AWS; imports the compiler only.
"""
