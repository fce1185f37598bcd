"""What the console is told by the process that starts it, over its standard input."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Chosen:
    """How the console runs."""

    api: str  # base address of the API, "http://127.0.0.1:8025"
    secret: str = field(repr=False)  # with which it speaks for people there
    database: str  # path of the file with people and sessions
    django_secret: str = field(repr=False)  # signs sessions and links, seals second factors
    host: str = "127.0.0.1"
    port: int = 8027
    url: str = ""  # under which people reach it, where a proxy stands before it
    language: str = "en"
    log_level: str = "info"
    mail_host: str = ""  # "": no mail is sent, and links are shown to the admin instead
    mail_port: int = 25
    mail_from: str = ""
    second_factor: str = "optional"  # or "staff", "all": who must have one
    proxy: str = ""  # address of the proxy whose word on clients is taken
    oidc_issuer: str = ""  # "": nobody logs in by another
    oidc_client: str = ""
    oidc_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    most_upload: int = 1024 * 1024 * 1024  # octets of a list that is checked

    @property
    def secure(self) -> bool:
        """Whether people reach it by TLS."""
        return self.url.startswith("https://")

    def packed(self) -> bytes:
        """One line for the standard input."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def unpacked(cls, line: bytes) -> "Chosen":
        """The same again."""
        return cls(**json.loads(line))

    @property
    def folder(self) -> Path:
        """Where the database lies."""
        return Path(self.database).parent
