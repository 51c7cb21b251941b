"""Files of other tools, recognized by what they hold, so that a message can name them.

Takes a document as plain data, or a text that is not YAML.
Gives its format, with what to do with such a file.
Must not know YAML nodes, places, or how a manifest is read.
"""
