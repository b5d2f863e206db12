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


class Role(StrEnum):
    WAREHOUSE = "warehouse"
    NSO = "nso"
    SCHOOL = "school"


class Place(StrEnum):
    """How an award was taken: one of the guaranteed places, or an open one."""

    RESERVED = "reserved"
    OPEN = "open"


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
    WRONG_BOARD = "wrong_board"
    VERIFY_MISMATCH = "verify_mismatch"
    FLASH_REFUSED = "flash_refused"
    FLASH_INTERRUPTED = "flash_interrupted"
    UNREADABLE = "unreadable"
    FIRMWARE_CHANGED = "firmware_changed"
    OTHER_KIT = "other_kit"
    DUPLICATE_ID = "duplicate_id"
    CLONE = "clone"
    PRACTICE_IMAGE = "practice_image"  # an image for virtual boards was meant for a real one
    INTERNAL = "internal"  # a bug of ours; the traceback is in the attached log


MEASUREMENT_REASON = "measurement:"
