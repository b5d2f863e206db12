"""The least that an import does: parse the file, insert the same columns.  python floor.py REGISTER.csv DATABASE"""

import csv
import sqlite3
import sys
from pathlib import Path

TITLES = (
    "Κωδικός ΥΠΑΙΠΘ", "Ονομασία", "Τύπος", "Περιφέρεια", "Διεύθυνση Εκπαίδευσης", "Δήμος ΟΤΑ", "Διεύθυνση",
    "Ταχυδρομικός Κώδικας", "Τηλέφωνο Επικοινωνίας", "Ηλεκτρονική Αλληλογραφία", "Κατάσταση", "Προσανατολισμός",
    "Ειδικός Χαρακτηρισμός",
)  # fmt: skip


def load(register: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    database = sqlite3.connect(target)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    columns = ", ".join(f"c{number}" for number in range(1, len(TITLES)))
    database.execute(f"CREATE TABLE school (code TEXT PRIMARY KEY, {columns})")
    with register.open(encoding="utf-8-sig", newline="") as file, database:
        rows = csv.reader(file)
        titles = next(rows)
        places = [titles.index(title) for title in TITLES]
        schools = ([row[place] for place in places] for row in rows if row[places[0]])
        marks = ", ".join("?" * len(places))
        database.executemany(f"INSERT OR IGNORE INTO school VALUES ({marks})", schools)
    database.close()


if __name__ == "__main__":
    load(Path(sys.argv[1]), Path(sys.argv[2]))
