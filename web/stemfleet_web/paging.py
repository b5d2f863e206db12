"""Long lists in pages: which one is asked for, how many there are, what stands on it."""

from collections.abc import Sequence
from typing import TypeVar

from flask import request

PAGE = 100  # rows
_MOST_PAGES = 10_000
Row = TypeVar("Row")


def page_asked() -> int:
    """`page` of the address, from 1."""
    return min(max(1, request.args.get("page", 1, type=int)), _MOST_PAGES)


def page_count(found: int) -> int:
    return max(1, -(-found // PAGE))


def on_page(rows: Sequence[Row], page: int) -> Sequence[Row]:
    return rows[(page - 1) * PAGE : page * PAGE]
