"""Python source, read without running it: calls with their arguments, names, and the order of tasks.

Takes the text of a file.
Gives calls, literals, and in place of what is not literal what stands there and in which line.
Must not know which library a call belongs to, or what becomes of it.
"""
