"""The shape of a vocabulary."""

from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, Any]
