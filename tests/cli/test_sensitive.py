"""Sensitive variables through apply: where their values go, and that nothing else holds them."""

import json
from pathlib import Path
from typing import Any

import pytest
