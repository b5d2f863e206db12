"""The least that any allocation does: load the same two files and sort.  python floor.py RULES APPLICANTS"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    rules = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    applicants = json.load(file)["applicants"]
applicants.sort(key=lambda school: (-school["points"], school["school"]))
