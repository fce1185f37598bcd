"""Puts everything together: the house out of the settings, each way in and out a file. Opens no port."""

from retour.wiring.api import services
from retour.wiring.console import console
from retour.wiring.house import House, RulesError, RulesInForce, StartError, build, json_of
from retour.wiring.jobs import runner
from retour.wiring.logs import followers
from retour.wiring.mailboxes import mailbox_followers
from retour.wiring.postfix import origin, policy, socketmaps
from retour.wiring.public import public
from retour.wiring.queues import queue_followers
from retour.wiring.relay import relay, submission_tls
from retour.wiring.smtp import inlet
from retour.wiring.webhooks import webhooks

__all__ = [
    "House",
    "RulesError",
    "RulesInForce",
    "StartError",
    "build",
    "console",
    "followers",
    "inlet",
    "json_of",
    "mailbox_followers",
    "origin",
    "policy",
    "public",
    "queue_followers",
    "relay",
    "runner",
    "services",
    "socketmaps",
    "submission_tls",
    "webhooks",
]
