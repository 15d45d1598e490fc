"""``bo period``: close periods, open them again, and say who may still post."""

from __future__ import annotations

from bocore.cli.services import CoreGroup

period = CoreGroup(
    {"lock": "bo.lock_period", "unlock": "bo.unlock_period", "allow": "bo.grant_exception", "withdraw": "bo.withdraw_exception"},
    name="period",
    help="""Close periods, open them again, and say who may still post.

`bo report locks` lists what is closed, `bo report lock-exceptions` who may post all the same, and `bo report late-postings` what was.""",
    short_help="Close periods, open them again, and say who may still post.",
)
