"""Observe AWS and carry out plans. The only package that talks to AWS."""
