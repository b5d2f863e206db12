"""Who gets what: pure functions of values, with no database, clock, random source or network.

    allocate(rules, applicants, seed) -> Result         the whole computation; `engine`
    bundle.draw_round(inputs, beacon, commitment, ...)  the same with the files that are published
    checking.verify_bundle(path, digest)                checks what somebody published
    explaining.explain_school(files, school, language)  why a school got what it got

`values` has the words; `guarantees`, `choice` and `proposals` are the rule, from the inside out; `verify_round`
computes everything again in another way and goes into every bundle. The public format is in docs/bundle.md.
"""

from stemfleet.allocation.engine import allocate
from stemfleet.allocation.values import Applicant, Award, Lot, Result, Rules

__all__ = ["Applicant", "Award", "Lot", "Result", "Rules", "allocate"]
