"""What all accounts have in common."""

from typing import Annotated

from pydantic import Field

from retour.settings.section import Section


class Guard(Section):
    """When so much bounces at once that it is held, not believed (lifecycle rule 12)."""

    enabled: bool = True
    hard: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    times: Annotated[float, Field(ge=1, le=1000)] = 5.0
    living: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    quiet_hours: Annotated[int, Field(ge=1, le=240)] = 6
    look_seconds: Annotated[int, Field(ge=1, le=600)] = 60


class Platform(Section):
    """When an address is stopped for all accounts (lifecycle rule 11)."""

    one_owner: bool = False
    accounts: Annotated[int, Field(ge=1, le=1000)] | None = None
    within_days: Annotated[int, Field(ge=1, le=400)] = 60

    @property
    def confirmations(self) -> int:
        """How many accounts must have found an address dead."""
        return self.accounts or (1 if self.one_owner else 3)
