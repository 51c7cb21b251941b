"""JSON Patches (RFC 6902): their form, their effect, and the origin of each value of a patched document.

Takes a document and operations.
Gives the patched document, its origins, and the operations that do not fit.
Must not know which document of AWS it is.
"""
