"""Who looks: people, by the console."""

from typing import Annotated, Literal

from pydantic import Field

from retour.settings.section import Port, Section


class Console(Section):
    """Pages for people."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 8026
    url: Annotated[str, Field(pattern=r"^(https?://[^\s/]+)?/?$")] = ""
    language: Literal["en", "de"] = "en"
    mail_host: str = ""
    mail_port: Port = 25
    mail_from: str = ""
