"""The words that all rooms share. They are stored, exported and published by value."""

from enum import StrEnum


class Level(StrEnum):
    """Level of education of a recipient."""

    KINDERGARTEN = "kindergarten"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    GENERAL_UPPER = "general_upper"
    VOCATIONAL_UPPER = "vocational_upper"
    SPECIAL_VOCATIONAL = "special_vocational"  # ΕΕΕΕΚ, ΕΝΕΕΓΥΛ
    SECOND_CHANCE = "second_chance"
    UNIVERSITY = "university"


class Category(StrEnum):
    """The categories that the program itself derives; a wave's rules may define more, as plain text."""

    SPECIAL = "special"
    MINORITY = "minority"
    SECOND_CHANCE = "second_chance"
    REMOTE = "remote"
    AWARDED = "awarded"
    ACTIVE = "active"


class RecipientKind(StrEnum):
    """University departments receive kits too, and are never counted among the schools."""

    SCHOOL = "school"
    DEPARTMENT = "department"


class SchoolStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ABOLISHED = "abolished"


class MoveKind(StrEnum):
    """What became of a school's code."""

    MERGED = "merged"  # it is part of another school
    RENUMBERED = "renumbered"  # the same school under another code


class LegacyAnswer(StrEnum):
    """What a school says of a kit that is on an old list."""

    HERE = "here"
    GONE = "gone"


class Role(StrEnum):
    WAREHOUSE = "warehouse"
    NSO = "nso"
    SCHOOL = "school"


class Place(StrEnum):
    """How an award was taken: one of the guaranteed places, or an open one; or beside the draw."""

    RESERVED = "reserved"
    OPEN = "open"
    EXTRA = "extra"  # a seat more than the rules have, given by the NSO after an appeal
    PRIZE = "prize"  # of a contest; nothing was drawn


class RoundState(StrEnum):
    """How far a round has come; in this order."""

    DRAFT = "draft"
    RULES_PUBLISHED = "rules_published"
    PROVISIONAL = "provisional"  # points are published, objections can be made
    FROZEN = "frozen"  # the commitment is published
    DRAWN = "drawn"
    PUBLISHED = "published"  # the results are
    APPEALS = "appeals"  # at least one appeal is decided
    FINAL = "final"
    OFFERS = "offers"
    CLOSED = "closed"


class RoundStep(StrEnum):
    """What a person does to a round; the verb under which it stands in the history."""

    DRAFTED = "drafted"
    RULES_CHANGED = "rules_changed"
    DROPPED = "dropped"  # a draft that never published anything; the round is gone, its log stays
    RULES_PUBLISHED = "rules_published"
    POINTS_PUBLISHED = "points_published"
    CORRECTED = "corrected"
    EXCLUDED = "excluded"
    OBJECTED = "objected"  # by a school, in the window
    OBJECTION_DECIDED = "objection_decided"
    WITHDRAWN = "withdrawn"  # back to the draft
    FROZEN = "frozen"
    DRAWN = "drawn"
    RESULTS_PUBLISHED = "results_published"
    APPEAL_DECIDED = "appeal_decided"
    FINALIZED = "finalized"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CLOSED = "closed"
    ALLOCATED = "allocated"  # all steps at once: a wave of the past, or a plan


class Remedy(StrEnum):
    """What the NSO does about an appeal that is right."""

    REALLOCATION = "reallocation"  # the whole rule again, with the tickets of the draw
    EXTRA_SEAT = "extra_seat"  # the list stands; the school gets a seat more than the rules have


class ObjectionState(StrEnum):
    """Of a school's objection to its provisional points."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the school


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REPLACED = "replaced"  # a lot that the school prefers came free: a new offer was made


class KitState(StrEnum):
    RECEIVED = "received"
    PROVISIONED = "provisioned"
    READY = "ready"
    RESERVED = "reserved"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    IN_USE = "in_use"
    FAULTY = "faulty"
    IN_REPAIR = "in_repair"
    REPLACED = "replaced"
    LOST = "lost"
    RETIRED = "retired"


class Outcome(StrEnum):
    """ERROR (we could not tell) is never FAIL (it is bad). Only FAIL makes a kit faulty."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    ABORTED = "ABORTED"


class Reason(StrEnum):
    """Why a board or a phase did not pass. A failed measurement has the reason `measurement:<name>`."""

    PORT_MISSING = "port_missing"
    PORT_BUSY = "port_busy"
    PORT_DENIED = "port_denied"
    DRIVE_MISSING = "drive_missing"  # a micro:bit's MICROBIT drive is not mounted
    MAINTENANCE = "maintenance"  # a micro:bit in its bootloader: its drive is called MAINTENANCE
    TOOL_MISSING = "tool_missing"
    SILENT = "silent"
    PHASE_TIMEOUT = "phase_timeout"
    STOPPED = "stopped"
    UNPLUGGED = "unplugged"
    RESTARTED = "restarted"  # the board started anew in the middle: most often its supply broke down
    WRONG_BOARD = "wrong_board"
    VERIFY_MISMATCH = "verify_mismatch"
    FLASH_REFUSED = "flash_refused"
    FLASH_INTERRUPTED = "flash_interrupted"
    UNREADABLE = "unreadable"
    NO_ANSWER = "no_answer"  # the board runs, but its program does not say who it is, as ours do
    FIRMWARE_CHANGED = "firmware_changed"
    BAD_IMAGE = "bad_image"  # the firmware file is none for this board
    OTHER_KIT = "other_kit"
    KIT_FULL = "kit_full"  # the board may be good; the kit has all its boards of the kind
    DUPLICATE_ID = "duplicate_id"
    CLONE = "clone"
    NO_IDENTITY = "no_identity"  # it passed, told no identity of its own, and no serial number was scanned
    UNDECIDED = "undecided"  # the board may be of several kinds; nothing was done
    PRACTICE_IMAGE = "practice_image"  # an image for virtual boards was meant for a real one
    DISK_FULL = "disk_full"  # of the computer that the bench runs on
    INTERNAL = "internal"  # a bug of ours; the traceback is in the attached log


MEASUREMENT_REASON = "measurement:"
