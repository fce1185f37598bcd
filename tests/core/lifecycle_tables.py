"""The two preset tables of the contract, set out once more: reason x preset, and setting x preset.

Typed from the tables that people read, so that `presets.toml` is held to them cell by cell and the oracle
of the state machine leans on no file of the code it judges.
"""

from retour.lifecycle.policy import Counting, Mode, Policy, TypeRule
from retour.model import Reason

PRESETS = ("default", "kwiga", "emarsys")

TYPES = """
    address_unknown       hard            hard   hard
    address_invalid       hard            hard   hard
    address_moved         hard            hard   hard
    mailbox_disabled      hard            hard   hard
    owner_changed         hard            hard   hard
    domain_unknown        hard_confirmed  hard   hard_confirmed
    domain_no_mail        hard            hard   hard
    mailbox_full          soft            soft   soft
    server_unreachable    soft            soft   soft
    server_busy           soft            soft   soft
    dns_temporary         soft            soft   soft
    delivery_expired      soft            soft   soft
    routing_error         soft            soft   soft
    system_error          soft            soft   soft
    protocol_error        soft            soft   soft
    message_too_large     soft            soft   soft
    content_rejected      block           soft   block
    spam_rejected         block           soft   block
    virus_rejected        block           soft   block
    format_rejected       block           soft   block
    sender_blocked        block           hard   block
    sender_blocklisted    block           block  block
    bad_reputation        block           block  block
    auth_failed           block           block  block
    policy_rejected       block           hard   block
    rate_limited          soft            soft   soft
    refused               hard            hard   hard
    undetermined          soft            soft   soft
"""

SETTINGS = {
    "hard_threshold": (1, 1, 1),
    "soft_threshold": (4, 1, 3),
    "block_threshold": (0, 0, 0),
    "threshold_by_reason": ({Reason.MESSAGE_TOO_LARGE: 0, Reason.SENDER_BLOCKED: 3}, {}, {}),
    "counting": (Counting.WINDOWED, Counting.CUMULATIVE, Counting.CUMULATIVE),
    "within_days": (180, 180, 180),
    "min_days": (7, 7, 7),
    "uncounted_codes": (frozenset(), frozenset(), frozenset({"4.4.7", "4.4.1", "5.3.5"})),
    "reset_after": (0, 0, 0),
    "max_reactivations": (3, 0, 10),
    "reset_growth": (2, 1, 1),
    "complaint_stops": ("marketing", "marketing", "marketing"),
    "platform_stops": ("obey", "obey", "obey"),
    "corrections": ("confirm", "confirm", "confirm"),
    "mode": (Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE),
    "never_stop": (frozenset(), frozenset(), frozenset()),
}


def types_of(preset: str) -> dict[Reason, TypeRule]:
    """The column of a preset in the table of reasons."""
    column = PRESETS.index(preset) + 1
    rows = [line.split() for line in TYPES.strip().splitlines()]
    return {Reason(row[0]): TypeRule(row[column]) for row in rows}


def policy_of(preset: str) -> Policy:
    """A preset as the tables tell it."""
    settings = {key: values[PRESETS.index(preset)] for key, values in SETTINGS.items()}
    return Policy(preset=preset, types=types_of(preset), **settings)
