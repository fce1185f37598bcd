"""What all accounts have in common."""

from typing import Annotated

from pydantic import Field

from retour.settings.section import Section


class Platform(Section):
    """When an address is stopped for all accounts (lifecycle rule 11)."""

    one_owner: bool = False
    accounts: Annotated[int, Field(ge=1, le=1000)] | None = None
    within_days: Annotated[int, Field(ge=1, le=400)] = 60

    @property
    def confirmations(self) -> int:
        """How many accounts must have found an address dead."""
        return self.accounts or (1 if self.one_owner else 3)
