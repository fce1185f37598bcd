"""The report as a page for people: one file in each language, without script or anything from elsewhere."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from retour.flow.days import written
from retour.flow.listcheck.charts import Bar, bars_of, stacked
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.encoding import encoding_in_words
from retour.texts import LANGUAGES, Catalogue, catalogue

_SHOWN_REASONS, _SHOWN_TYPOS = 15, 30
# What would change how the text around it reads: controls and marks of direction.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_STYLE = """
:root{color-scheme:light dark;--text:#1d1d1f;--soft:#5b5b62;--line:#d8d8de;--back:#fff;--card:#f6f6f8;
--kept:#1f7a4d;--corrected:#1f5fa8;--questioned:#a86a00;--dropped:#b3261e;--bar:#4a5a78}
@media(prefers-color-scheme:dark){:root{--text:#ececf0;--soft:#a9a9b2;--line:#3a3a42;--back:#161618;
--card:#202024;--kept:#4cc38a;--corrected:#6ea8f0;--questioned:#e0a83a;--dropped:#f2766d;--bar:#93a4c6}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);margin:0 auto;
max-width:66rem;padding:1.5rem}h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
p,li{max-width:46rem}.soft{color:var(--soft)}svg{width:100%;height:auto;display:block;margin:.6rem 0}
.bar{fill:var(--bar)}.bars>div{display:grid;grid-template-columns:minmax(0,20rem) 1fr 5rem;gap:.3rem .8rem;
align-items:center;margin:.3rem 0}.bars svg{height:1.1rem;margin:0}.bars b{font-weight:400;text-align:right}
.bars b,td.n{font-variant-numeric:tabular-nums}a{color:var(--corrected)}
.kept{fill:var(--kept)}.corrected{fill:var(--corrected)}.questioned{fill:var(--questioned)}
.dropped{fill:var(--dropped)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.8rem}
.card{background:var(--card);border-top:4px solid var(--bar);padding:.7rem .9rem;border-radius:4px}
.card.of-kept{border-color:var(--kept)}.card.of-corrected{border-color:var(--corrected)}
.card.of-questioned{border-color:var(--questioned)}.card.of-dropped{border-color:var(--dropped)}
.card b{font-size:1.5rem;display:block}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}
th,td{text-align:left;padding:.35rem .6rem;
border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right}td.n{white-space:nowrap}
td,th{hyphens:auto}td{overflow-wrap:anywhere}td:first-child:nth-last-child(n+5){min-width:9rem}
td:nth-child(n+5):last-child:not(.n){min-width:11rem}
code{font:.95em ui-monospace,monospace;overflow-wrap:break-word}caption{text-align:left;color:var(--soft)}
@media(max-width:40rem){.bars>div{grid-template-columns:1fr 5rem}.bars span{grid-column:1/-1}}
@media print{body{max-width:none;padding:0;font-size:12px}.wide{overflow:visible}
tr,.card,.bars>div{break-inside:avoid}
svg,.card{print-color-adjust:exact;-webkit-print-color-adjust:exact}
th,td{padding:.2rem .4rem;min-width:0!important}h2{break-after:avoid}}
"""


def flaws_told(report: Mapping[str, Any], say: Catalogue, number: Callable[[int], str] = str) -> list[str]:
    """What is wrong with how a list is written, in words; of a report of an older version nothing."""
    sheets = report["list"].get("other_sheets")
    told = [say("flaw.sheets", sheets=", ".join(map(_shown, sheets)))] if sheets else []
    told += [say("flaw.strung")] if report["list"].get("strung_by") else []
    for flaw in report.get("flaws", ()):
        words = "one" if flaw["count"] == 1 else "many"
        first = ", ".join(map(number, flaw["first"]))
        told.append(say(f"flaw.{flaw['code']}_{words}", count=number(flaw["count"]), rows=first))
    return told


def pages(report: Mapping[str, Any]) -> dict[str, str]:
    """A page in each language, by the names of their files."""
    return {f"report.{language}.html": _Page(report, language).whole() for language in LANGUAGES}


class _Page:
    """One page."""

    def __init__(self, report: Mapping[str, Any], language: str) -> None:
        self.report = report
        self.say: Catalogue = catalogue(f"listcheck.{language}")
        self.codes: Catalogue = catalogue(f"vet.{language}")
        self.point = "." if language == "en" else ","
        self.thousands = "," if language == "en" else "."
        self.language = language

    def whole(self) -> str:
        """The page."""
        say, report = self.say, self.report
        name = escape(_shown(report["list"]["name"]))
        other = "de" if self.language == "en" else "en"
        link = f'<a href="report.{other}.html" lang="{other}">{say("page.other_language")}</a>'
        parts = [
            f'<p class="soft">{link}</p><h1>{say("page.title", name=name)}</h1>',
            f'<p class="soft">{say("page.checked_at", at=self._moment(report["at"]))}</p>',
            self._sum(),
            self._next(),
            self._forecast(),
            self._reasons(),
            self._typos(),
            self._domains(),
            self._dns(),
            self._list(),
            self._files(),
        ]
        return (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">"
            f"<title>{say('page.title', name=name)}</title><style>{_STYLE}</style></head>"
            f"<body><main>{''.join(parts)}</main></body></html>\n"
        )

    def _sum(self) -> str:
        say, rows = self.say, self.report["rows"]
        bars, cards = [], []
        for pile in PILES:
            count = self.report["piles"][pile.value]
            label = say(f"pile.{pile}")
            bars.append(Bar(label, count, f"{self._number(count)} ({self._share(count, rows)})", pile.value))
            cards.append(
                f'<div class="card of-{pile}"><b>{self._number(count)}</b>{escape(label)} '
                f'({self._share(count, rows)})<br><span class="soft">{say(f"pile.{pile}_means")}</span></div>'
            )
        lead = say("page.lead_one") if rows == 1 else say("page.lead", rows=self._number(rows))
        return f'<p>{lead}</p>{stacked(say("page.sum"), bars)}<div class="cards">{"".join(cards)}</div>'

    def _next(self) -> str:
        steps = [f"<li>{escape(self.say(f'next.{step}'))}</li>" for step in self.report["next"]]
        return f"<h2>{self.say('page.next')}</h2><ol>{''.join(steps)}</ol>" if steps else ""

    def _forecast(self) -> str:
        forecast = self.report.get("forecast")
        if not forecast:
            return ""
        rows = [
            (
                self.say(f"forecast.{kind}"),
                self._percent(forecast[kind]["rate"]),
                self.say(
                    "forecast.between",
                    low=self._percent(forecast[kind]["low"]),
                    high=self._percent(forecast[kind]["high"]),
                ),
            )
            for kind in ("hard", "soft")
        ]
        head = ("", self.say("forecast.expected"), self.say("forecast.interval"))
        based = self.say(
            f"forecast.{forecast['basis']}",
            addresses=self._number(forecast["addresses"]),
            known=self._number(forecast["known"]),
        )
        return f"<h2>{self.say('page.forecast')}</h2>{_table('', head, rows)}<p>{based}</p>"

    def _reasons(self) -> str:
        say = self.say
        most = sorted(self.report["reasons"], key=lambda each: -each["rows"])
        if not most:
            return ""
        bars = [
            Bar(self._meaning(each["code"]), each["rows"], self._number(each["rows"]))
            for each in most[:_SHOWN_REASONS]
        ]
        rows = [
            (
                self._meaning(each["code"]),
                each["code"],
                self._number(each["rows"]),
                *(self._number(each["piles"][pile.value]) for pile in PILES),
                ", ".join(f"{_shown(one['address'])} ({one['row']})" for one in each["examples"][:3]),
            )
            for each in most
        ]
        head = (
            say("page.reason"),
            say("page.code"),
            say("page.rows"),
            *(say(f"pile.{pile}") for pile in PILES),
        )
        table = _table(
            say("page.reasons_note"), (*head, say("page.examples")), rows, numbers=range(2, 7), codes=(1,)
        )
        return f"<h2>{say('page.reasons')}</h2>{bars_of(say('page.reasons'), bars)}{table}"

    def _meaning(self, code: str) -> str:
        key = f"code.{code}"
        return self.codes(key) if key in self.codes else code

    def _typos(self) -> str:
        say, typos = self.say, self.report["typos"]
        if not typos:
            return ""
        rows = [
            (_shown(each["domain"]), _shown(each["suggestion"]), self._number(each["rows"]))
            for each in typos[:_SHOWN_TYPOS]
        ]
        head = (say("page.stands"), say("page.meant"), say("page.rows"))
        return (
            f"<h2>{say('page.typos')}</h2><p>{say('page.typos_note')}</p>"
            f"{_table('', head, rows, numbers=(2,), codes=(0, 1))}"
        )

    def _domains(self) -> str:
        say, domains = self.say, self.report["domains"]
        if not domains["most"]:
            return ""
        bars = [
            Bar(_shown(each["domain"]), each["rows"], self._number(each["rows"]))
            for each in domains["most"][:10]
        ]
        rows = [
            (_shown(each["domain"]), self._number(each["rows"]), self._share(each["rows"], domains["rows"]))
            for each in domains["most"]
        ]
        head = (say("page.domain"), say("page.rows"), say("page.share"))
        lead = say("page.domains_note", count=self._number(domains["distinct"]))
        return (
            f"<h2>{say('page.domains')}</h2><p>{lead}</p>{bars_of(say('page.domains'), bars)}"
            f"{_table('', head, rows, numbers=(1, 2), codes=(0,))}"
        )

    def _dns(self) -> str:
        say, dns = self.say, self.report["dns"]
        if dns is None:
            return f"<h2>{say('page.dns')}</h2><p>{say('page.dns_offline')}</p>"
        rows = [
            (self._meaning(state), state, self._number(count), self._number(dns["contacts"][state]))
            for state, count in dns["domains"].items()
        ]
        head = (say("page.answer"), say("page.code"), say("page.domains"), say("page.rows"))
        lead = say(
            "page.dns_note",
            covered=self._percent(dns["covered"]),
            oldest=self._moment(dns["oldest"]),
            newest=self._moment(dns["newest"]),
        )
        return f"<h2>{say('page.dns')}</h2><p>{lead}</p>{_table('', head, rows, numbers=(2, 3), codes=(1,))}"

    def _list(self) -> str:
        say, listed = self.say, self.report["list"]
        read_as = encoding_in_words(listed["encoding"], say)
        guessed = "" if listed["encoding_sure"] else f" {say('page.guessed')}"
        column, *others = (self._column(number) for number in (listed["column"], *listed["other_columns"]))
        rows = [
            (say("page.file"), _shown(listed["name"])),
            (say("page.rows"), self._number(listed["rows"])),
            (say("page.column"), _shown(column)),
            (say("page.encoding"), read_as + guessed),
        ]
        if sign := listed["delimiter"]:
            rows.append((say("page.delimiter"), say("page.tab") if sign == "\t" else _shown(sign)))
        if others:
            rows.append((say("page.other_columns"), _shown(", ".join(others))))
        if listed["sheet"]:
            rows.append((say("page.sheet"), _shown(listed["sheet"])))
        return f"<h2>{say('page.list')}</h2>{_table('', ('', ''), rows)}{self._flaws()}"

    def _flaws(self) -> str:
        told = flaws_told(self.report, self.say, self._number)
        return "".join(f"<p>{escape(each)}</p>" for each in told)

    def _column(self, number: int) -> str:
        """What a column is called, counted from 1."""
        head = self.report["list"]["head"] or ()
        named = head[number - 1] if number <= len(head) else ""
        return str(named or self.say("page.column_number", number=number))

    def _files(self) -> str:
        items = [
            f"<li><code>{escape(name)}</code>: {self.say(f'pile.{pile}_means')}</li>"
            for pile, name in self.report["files"].items()
        ]
        return (
            f"<h2>{self.say('page.files')}</h2><ul>{''.join(items)}</ul><p>{self.say('page.files_note')}</p>"
        )

    def _moment(self, at: str | None) -> str:
        """A moment as people write it, in UTC; ISO 8601 stands in the JSON."""
        try:
            when = datetime.fromisoformat(at or "").astimezone(UTC)
        except ValueError:
            return escape(at or "-")
        return f"{written(when, self.language)}, {when:%H:%M}"

    def _number(self, count: int) -> str:
        return f"{count:,}".replace(",", self.thousands)

    def _percent(self, share: float) -> str:
        digits = 1 if share == 0 or share >= 0.1 else 2
        return f"{share * 100:.{digits}f}".replace(".", self.point) + " %"

    def _share(self, count: int, total: int) -> str:
        return self._percent(count / total if total else 0)


def _shown(text: str) -> str:
    """Words of others, so that what they would do to the words around them is taken off."""
    return _UNSEEN.sub("\ufffd", text)[:200]


def _table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Iterable[int] = (),
    codes: Iterable[int] = (),
) -> str:
    right, typed = frozenset(numbers), frozenset(codes)

    def cell(tag: str, place: int, text: str) -> str:
        inside = f"<code>{escape(text)}</code>" if place in typed and tag == "td" else escape(text)
        scope = ' scope="col"' if tag == "th" else ""
        look = ' class="n"' if place in right else ""
        return f"<{tag}{scope}{look}>{inside}</{tag}>"

    lines = ["".join(cell("td", place, text) for place, text in enumerate(row)) for row in rows]
    top = "".join(cell("th", place, text) for place, text in enumerate(head)) if any(head) else ""
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table>{told}{f"<tr>{top}</tr>" if top else ""}{body}</table></div>'
