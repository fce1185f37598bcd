"""All commands, put together with typer."""

import typer

app: typer.Typer = typer.Typer(
    name="retour",
    help="Bounce management: read, explain, decide, and stop mail to dead addresses.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# A command adds itself to the app above when its module is imported.
from retour.cli import (
    account,
    advice,
    check_address,
    check_list,
    classify,
    contacts,
    correct,
    counts,
    data,
    engagements,
    explain,
    follow,
    incidents,
    ingest,
    key,
    ledger,
    never_stop,
    person,
    policy,
    rates,
    replay,
    replay_groups,
    requests,
    rules,
    send,
    serve,
    signing,
    simulate,
    simulator,
    suppressions,
    trial,
    unparsed,
    waves,
    webhook,
)
