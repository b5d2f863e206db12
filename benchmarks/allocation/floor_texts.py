"""The floor that also formats and writes as many bytes: floor_texts.py RULES APPLICANTS EL_BYTES EN_BYTES OUT"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    rules = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    applicants = json.load(file)["applicants"]
applicants.sort(key=lambda school: (-school["points"], school["school"]))
lots = sum(len(school["preferences"]) for school in applicants)
for language, size, letter in (("el", sys.argv[3], "λ"), ("en", sys.argv[4], "l")):
    line = "{0} {1} {2} {3} {4}\n" + letter * (int(size) // lots // len(letter.encode()) - 60)
    texts = {}
    for s in applicants:
        why = ", ".join([f"{label}: {points}" for label, points in s["lines"]])
        wanted = enumerate(s["preferences"], start=1)
        texts[s["school"]] = "\n".join([line.format(s["school"], s["points"], why, n, lot) for n, lot in wanted])
    with open(f"{sys.argv[5]}.{language}.json", "w", encoding="utf-8") as file:
        file.write(json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
