"""JSON Patches (RFC 6902): their form, their effect, and where the values of a patched document come from.

Takes a document and operations.
Gives the patched document, its origins, and operations that do not fit.
Must not know which document of AWS it is.
"""
