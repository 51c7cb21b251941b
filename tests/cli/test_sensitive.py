"""Sensitive variables through apply: where their values go, and that nothing else holds them."""
