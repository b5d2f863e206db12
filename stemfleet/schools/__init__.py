"""Recipients and the evidence about them: imported from files with a preview, found again, shown."""

from stemfleet.schools.imports import ImportPlan, apply_import, plan_import
from stemfleet.schools.read import SchoolView, categories_of, find_schools, school_row, show_school

__all__ = [
    "ImportPlan",
    "SchoolView",
    "apply_import",
    "categories_of",
    "find_schools",
    "plan_import",
    "school_row",
    "show_school",
]
