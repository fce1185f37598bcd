"""What people call a browser, out of what it says of itself; all of that is long and names its rivals."""

import re

# In this order: each of them also claims to be those below it.
_BROWSERS = (
    ("Edge", r"Edg(?:A|iOS|e)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:HeadlessChrome|Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+)\S* (?:Mobile/\S+ )?Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def named(agent: str) -> str:
    """ "Firefox 128, Linux"; what names no browser that is known stays as it is."""
    for name, sign in _BROWSERS:
        if found := re.search(sign, agent):
            system = next((each for each, mark in _SYSTEMS if re.search(mark, agent)), "")
            return ", ".join(filter(None, (f"{name} {found[1]}", system)))
    return agent
