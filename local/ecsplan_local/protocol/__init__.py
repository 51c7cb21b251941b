"""The wire formats of AWS's APIs: requests, input shapes, pagination and responses.

Takes HTTP requests.
Gives calls with validated input, and responses as bytes.
Must not know what an operation does.
"""
