"""`result.json`: the outcome of a round in the file's form (`stemfleet-result/1`)."""

from typing import Any

from stemfleet.allocation.canonical import canonical
from stemfleet.allocation.values import Certificate, Cutoff, Result

FORMAT = "stemfleet-result/1"


def result_bytes(result: Result, beacon: str) -> bytes:
    """The canonical bytes of `result.json`."""
    return canonical(result_document(result, beacon))


def result_document(result: Result, beacon: str) -> dict[str, Any]:
    """The result as the JSON value that the file holds."""
    return {
        "format": FORMAT,
        "beacon_value": beacon,
        "seed": result.seed,
        "awards": [{"school": a.school, "lot": a.lot, "place": a.place} for a in result.awards],
        "waiting": result.waiting,
        "replacements": result.replacements,
        "cutoffs": [cutoff_document(row) for row in result.cutoffs],
        "certificates": {lot: _certificate(found) for lot, found in result.certificates.items()},
    }


def cutoff_document(row: Cutoff) -> dict[str, Any]:
    """A row of `cutoffs` as the JSON value that the file holds."""
    last = row.last
    return {
        "lot": row.lot,
        "signature": row.signature,
        "region": row.region,
        "place": row.place,
        "last": None if last is None else {"points": last.points, "ticket": last.ticket},
        "chosen": row.chosen,
        "refused": row.refused,
    }


def _certificate(found: Certificate) -> dict[str, Any]:
    return {"n": found.n, "set": found.categories, "by_region": found.by_region}
