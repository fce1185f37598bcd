"""What the console is told when it is started."""

import hashlib

from retour.settings.chosen import Chosen
from retour.wiring.house import House

DATABASE = "console.sqlite3"


def console(house: House, api: int, secret: str) -> Chosen:
    """How the console runs beside this house, whose API listens on the port `api`."""
    settings, data = house.settings.console, house.settings.data_dir
    return Chosen(
        api=f"http://{_reached(house.settings.api.host)}:{api}",
        secret=secret,
        database=str((data / DATABASE).resolve()),
        django_secret=hashlib.blake2b(b"console", key=house.keys.pepper[:64], digest_size=32).hexdigest(),
        host=settings.host,
        port=settings.port,
        url=settings.url,
        language=settings.language,
        log_level=house.settings.log_level,
        mail_host=settings.mail_host,
        mail_port=settings.mail_port,
        mail_from=settings.mail_from,
        second_factor=settings.second_factor,
        proxy=settings.proxy,
        oidc_issuer=settings.oidc.issuer.rstrip("/"),
        oidc_client=settings.oidc.client_id,
        oidc_secret=settings.oidc.client_secret.get_secret_value(),
        oidc_name=settings.oidc.name,
        most_upload=house.settings.api.import_limit,
    )


def _reached(host: str) -> str:
    """Where a process on this machine reaches what listens there."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
