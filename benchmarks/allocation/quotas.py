"""The spreadsheet: quotas filled one after another, then the open places.  python quotas.py RULES APPLICANTS OUT"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    rules = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    schools = sorted(json.load(file)["applicants"], key=lambda school: (-school["points"], school["school"]))
held: dict[str, str] = {}
for lot in rules["lots"]:
    open_places = lot["seats"] - sum(lot["reserves"].values())
    for category, places in [*lot["reserves"].items(), (None, open_places)]:
        left = places
        for school in schools:
            if left and school["school"] not in held and lot["lot"] in school["preferences"]:
                if category is None or category in school["categories"]:
                    held[school["school"]] = lot["lot"]
                    left -= 1
with open(sys.argv[3], "w", encoding="utf-8") as file:
    json.dump({"awards": [{"school": school, "lot": lot} for school, lot in held.items()]}, file)
