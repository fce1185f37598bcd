"""The lines that docs/postfix.md tells people to write, with the names and ports of this run."""

import re
from pathlib import Path

from story.server import Server

PAGE = Path(__file__).parents[2] / "docs/postfix.md"


def block(containing: str, server: Server) -> dict[str, str]:
    """The parameters of the one main.cf on the page that sets `containing`; continued lines are joined."""
    blocks = re.findall(r"```\n# main\.cf[^\n]*\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (text,) = [block for block in blocks if re.search(rf"^{containing} =", block, re.MULTILINE)]
    ports = {"2424": "lmtp", "10040": "policy", "10041": "socketmap"}
    text = text.replace("return.example", server.domain)
    for theirs, ours in ports.items():
        if ours in server.ports:
            text = text.replace(f"127.0.0.1:{theirs}", f"127.0.0.1:{server.ports[ours]}")
    joined = re.sub(r"\n\s+", " ", text)
    return dict(line.split(" = ", 1) for line in joined.splitlines())


def sentence(pattern: str) -> str:
    """What a pattern's group finds on the page."""
    found = re.search(pattern, PAGE.read_text("utf-8"))
    assert found, f"{PAGE} does not show {pattern}"
    return found.group(1)


def settings() -> str:
    """The retour.toml of the page that maps mail to accounts."""
    return sentence(r"(?s)```toml\n# retour\.toml\n(\[postfix\.contexts.*?)```")


def socketmaps() -> str:
    """The retour.toml of the page that opens a socket for lookup tables."""
    return sentence(r"(?s)```toml\n# retour\.toml\n(\[\[postfix\.socketmaps.*?)```")
