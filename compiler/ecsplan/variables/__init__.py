"""Variables of a manifest: what is declared, which values they have, and the references to them in a text.

Takes plain data and text: the mapping `variables:`, values from outside, strings with references.
Gives declarations, values of the declared types, and the pieces of a string, with what is wrong in each.
Must not know YAML nodes, files, or where a value came from beyond the words for it.
"""
