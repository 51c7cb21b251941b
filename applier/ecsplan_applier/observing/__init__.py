"""What AWS says of the things that manifests name: the answers to the compiler's questions.

Takes questions.
Gives an answer to each, with one call for each thing however many ask.
Must not know jobs, runs and copies.
"""
