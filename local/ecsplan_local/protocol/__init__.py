"""AWS's APIs on the wire: requests, shapes, pages and answers.

Takes HTTP requests.
Gives calls with checked input, and answers as bytes.
Must not know what an operation does.
"""
