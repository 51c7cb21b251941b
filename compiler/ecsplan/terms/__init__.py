"""Types and tables that all passes share: diagnostics, places, AWS's answers, credentials, safe output.

Takes plain values.
Gives frozen values, and functions over them.
Must not know YAML, schemas, jobs or any other folder of the compiler.
"""
