"""One search, through the program or as the plain query.  python search.py stemfleet|plain DATABASE WORDS TIMES

Prints the seconds that each of the searches took, its rows rendered as lines of text, the connection open already.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable

LIMIT = 50
COLUMNS = "code, name, level, region, status"
way, database, words, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def plain() -> Callable[[], list[str]]:
    """The same ranked query, the columns of the hits, and their categories."""
    from stemfleet.registers import search_words

    connection = sqlite3.connect(database)
    query = " AND ".join(f"({' OR '.join(f'{reading}*' for reading in word)})" for word in search_words(words))
    hits = f"SELECT code FROM school_search WHERE school_search MATCH ? ORDER BY rank LIMIT {LIMIT}"

    def search() -> list[str]:
        codes = [code for (code,) in connection.execute(hits, (query,))]
        marks = ", ".join("?" * len(codes))
        rows = {
            row[0]: row for row in connection.execute(f"SELECT {COLUMNS} FROM school WHERE code IN ({marks})", codes)
        }
        named: dict[str, list[str]] = {}
        for code, category in connection.execute(
            f"SELECT school_code, category FROM school_category WHERE school_code IN ({marks})", codes
        ):
            named.setdefault(code, []).append(category)
        return [f"{' '.join(str(cell) for cell in rows[code])} {' '.join(named.get(code, ()))}" for code in codes]

    return search


def stemfleet() -> Callable[[], list[str]]:
    from stemfleet.schools import find_schools
    from stemfleet.store import Store

    store = Store.open(f"sqlite:///{database}")

    def search() -> list[str]:
        return [
            f"{s.code} {s.name} {s.level} {s.region} {s.status} {' '.join(categories)}"
            for s, categories in find_schools(store, words, limit=LIMIT)
        ]

    return search


search = {"plain": plain, "stemfleet": stemfleet}[way]()
found = len(search())
seconds = []
for _ in range(times):
    started = time.perf_counter()
    search()
    seconds.append(time.perf_counter() - started)
sys.stdout.write(json.dumps({"found": found, "seconds": seconds}))
