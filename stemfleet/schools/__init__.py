"""Recipients and the evidence about them: imported from files with a preview, found again, shown."""

from stemfleet.schools.categories import OVERRIDABLE, CategorySource, categories_of, end_override, override_category
from stemfleet.schools.imports import ImportPlan, apply_import, plan_import
from stemfleet.schools.inherited import heirs, inherited_by, let_evidence_count
from stemfleet.schools.moves import move_school, successor_of, successors, undo_move
from stemfleet.schools.read import SchoolView, school_row, show_school
from stemfleet.schools.search import MOST_COUNTED, count_schools, find_schools

__all__ = [
    "MOST_COUNTED",
    "OVERRIDABLE",
    "CategorySource",
    "ImportPlan",
    "SchoolView",
    "apply_import",
    "categories_of",
    "count_schools",
    "end_override",
    "find_schools",
    "heirs",
    "inherited_by",
    "let_evidence_count",
    "move_school",
    "override_category",
    "plan_import",
    "school_row",
    "show_school",
    "successor_of",
    "successors",
    "undo_move",
]
