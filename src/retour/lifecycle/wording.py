"""What people wrote and what cannot be, explained in their language: the error of settings and scenarios."""

from retour.texts import LANGUAGES, catalogue


def say(path: str, lang: str = "en", /, **values: object) -> str:
    """The text at a dotted path of texts/simulate.*.toml; English where the language is not known."""
    return catalogue(f"simulate.{lang if lang in LANGUAGES else 'en'}")(path, **values)


class UnreadableError(ValueError):
    """A value that cannot be: `key` says where it stands, `reason` what is wrong, `remedy` what to do.

    `code` is a stable identifier ("policy.out_of_range") and the path of both texts; `told` says everything
    on one line in the reader's language, `str()` does in English.
    """

    def __init__(self, key: str, code: str, **details: object) -> None:
        self.key = key
        self.code = code
        self.details = {name: _shown(detail) for name, detail in details.items()}
        super().__init__(self.told())

    @property
    def reason(self) -> str:
        """What is wrong, in English."""
        return self._say("reason", "en")

    @property
    def remedy(self) -> str:
        """What to do, in English."""
        return self._say("remedy", "en")

    def told(self, lang: str = "en") -> str:
        """Key, reason and remedy on one line."""
        return f"{self.key}: {self._say('reason', lang)}; {self._say('remedy', lang)}"

    def _say(self, part: str, lang: str) -> str:
        return say(f"{self.code}.{part}", lang, key=self.key, **self.details)


class _Shown(str):
    """A detail that is fit for a message already."""


def _shown(detail: object) -> _Shown:
    """A detail as a message shows it: choices joined by commas, texts in quotes, what is long cut."""
    if isinstance(detail, _Shown):
        return detail
    if isinstance(detail, tuple):
        return _Shown(", ".join(map(str, detail)))
    shown = f'"{detail}"' if isinstance(detail, str) else str(detail)
    return _Shown(shown if len(shown) <= 80 else shown[:79] + "…")
