"""YAML text to the nodes of its documents, each with its place; and what can be said of a text by itself.

Takes text.
Gives nodes, the places of values in the text, and the problems of the text.
Must not know what a key means, nor what makes a manifest.
"""
