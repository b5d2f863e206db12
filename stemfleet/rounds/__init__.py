"""A round: the process by which a wave is allocated in public, step by step, with a log of who did what and when."""

from stemfleet.rounds.appeals import Difference, finalize, preview_appeal, reject_appeal, uphold_appeal
from stemfleet.rounds.corrections import Correction, correct_applicant, exclude_school
from stemfleet.rounds.draft import change_rules, draft_wave, go_back, publish_points, publish_rules, rules_of
from stemfleet.rounds.draw import draw, freeze_inputs, publish_results
from stemfleet.rounds.offers import Answered, accept_offer, close_round, decline_offer, expire_offers, make_offers
from stemfleet.rounds.read import RoundView, StepView, list_rounds, read_published, round_row, show_round

__all__ = [
    "Answered",
    "Correction",
    "Difference",
    "RoundView",
    "StepView",
    "accept_offer",
    "change_rules",
    "close_round",
    "correct_applicant",
    "decline_offer",
    "draft_wave",
    "draw",
    "exclude_school",
    "expire_offers",
    "finalize",
    "freeze_inputs",
    "go_back",
    "list_rounds",
    "make_offers",
    "preview_appeal",
    "publish_points",
    "publish_results",
    "publish_rules",
    "read_published",
    "reject_appeal",
    "round_row",
    "rules_of",
    "show_round",
    "uphold_appeal",
]
