"""A round: the process by which a wave is allocated in public, step by step, with a log of who did what and when."""

from stemfleet.rounds.appeals import Difference, finalize, preview_appeal, reject_appeal, uphold_appeal
from stemfleet.rounds.applicants import ApplicantView, find_applicants, show_applicant
from stemfleet.rounds.conditions import check_step
from stemfleet.rounds.corrections import Correction, correct_applicant, exclude_school, preview_correction
from stemfleet.rounds.draft import (
    change_rules,
    draft_wave,
    drop_draft,
    go_back,
    objection_window,
    publish_points,
    publish_rules,
    rules_of,
)
from stemfleet.rounds.draw import (
    check_appeals_until,
    check_beacon,
    draw,
    freeze_inputs,
    public_value,
    publish_results,
)
from stemfleet.rounds.offers import Answered, accept_offer, close_round, decline_offer, expire_offers, make_offers
from stemfleet.rounds.provisional import PointsList, SchoolPoints, find_points, list_points, show_points
from stemfleet.rounds.read import (
    OfferView,
    RoundView,
    StepView,
    list_offers,
    list_rounds,
    read_published,
    read_published_file,
    round_row,
    school_names,
    show_round,
)

__all__ = [
    "Answered",
    "ApplicantView",
    "Correction",
    "Difference",
    "OfferView",
    "PointsList",
    "RoundView",
    "SchoolPoints",
    "StepView",
    "accept_offer",
    "change_rules",
    "check_appeals_until",
    "check_beacon",
    "check_step",
    "close_round",
    "correct_applicant",
    "decline_offer",
    "draft_wave",
    "draw",
    "drop_draft",
    "exclude_school",
    "expire_offers",
    "finalize",
    "find_applicants",
    "find_points",
    "freeze_inputs",
    "go_back",
    "list_offers",
    "list_points",
    "list_rounds",
    "make_offers",
    "objection_window",
    "preview_appeal",
    "preview_correction",
    "public_value",
    "publish_points",
    "publish_results",
    "publish_rules",
    "read_published",
    "read_published_file",
    "reject_appeal",
    "round_row",
    "rules_of",
    "school_names",
    "show_applicant",
    "show_points",
    "show_round",
    "uphold_appeal",
]
