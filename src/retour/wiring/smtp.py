"""What the SMTP and LMTP ports think of recipients and messages."""

from retour.flow.intake import Door
from retour.inlets.smtp import BounceInlet, Source
from retour.settings import Settings
from retour.wiring.house import House


def inlet(house: House, name: str, door: Door) -> BounceInlet:
    """What the SMTP or the LMTP port thinks of recipients and messages."""
    made = opinions(house, name, door)
    house.metrics.counter(
        f"retour_{name}_recipients",
        f"Recipients at the {name.upper()} inlet",
        "outcome",
        lambda: {
            "accepted": made.accepted,
            "failed": made.failed,
            "forged": made.forged,
            "unknown": made.unknown,
            "foreign": made.foreign,
        },
    )
    return made


def opinions(house: House, name: str, door: Door | None = None) -> BounceInlet:
    """The inlet itself, without its numbers."""
    return BounceInlet(
        name,
        lambda: house.keys.keyring,
        house.directory.is_ours,
        (door or house.door).accept,
        house.clock.now,
        {address: _source(address, house.settings) for address in house.settings.inlets},
    )


def _source(address: str, settings: Settings) -> Source:
    chosen = settings.inlets[address]
    return Source(chosen.name or address, chosen.proof, chosen.account)
