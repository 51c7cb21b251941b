"""Words that all passes share: diagnostics, places, what AWS said, what is secret, how texts are shown.

Takes plain values.
Gives frozen values, and functions over them.
Must not know YAML, schemas, jobs or any other folder of the compiler.
"""
