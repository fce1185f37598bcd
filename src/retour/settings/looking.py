"""Who looks: people, by the console."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from retour.settings.section import Port, Section, is_loopback


class Oidc(Section):
    """Another's login that people of the console may use (OpenID Connect); off without an issuer."""

    issuer: Annotated[str, Field(pattern=r"^(https?://[^\s?#]{1,500})?$")] = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    name: Annotated[str, Field(max_length=60)] = "Single sign-on"

    @model_validator(mode="after")
    def _complete(self) -> "Oidc":
        if not self.issuer:
            return self
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("issuer must begin with https://: who listens could log in as anybody")
        if not self.client_id or not self.client_secret.get_secret_value():
            raise ValueError("issuer needs client_id and client_secret")
        return self


class Console(Section):
    """Pages for people."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 8027
    url: Annotated[str, Field(pattern=r"^(https?://[^\s/]+)?/?$")] = ""
    language: Literal["en", "de"] = "en"
    mail_host: str = ""
    mail_port: Port = 25
    mail_from: str = ""
    second_factor: Literal["optional", "staff", "all"] = "optional"
    proxy: Annotated[str, Field(pattern=r"^[0-9a-fA-F:.]{0,45}$")] = ""
    oidc: Oidc = Oidc()
