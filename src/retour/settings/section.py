"""What every section of the settings is, and what several have in common."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

Port = Annotated[int, Field(ge=0, le=65535)]
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"  # of a source: a word in metrics and logs


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
