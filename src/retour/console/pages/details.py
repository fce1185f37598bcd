"""One bounce in detail (E34-E35): the send, what was said by whom, how it was judged, what to do."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from retour.console.asking import api_of
from retour.console.pages.address import _step


@login_required
def show(request: HttpRequest, account: str, address: str, event: str) -> HttpResponse:
    """Evidence first, folded codes after it."""
    api = api_of(request, account)
    life = api.get(f"/v1/addresses/{_step(address)}")
    found = next((each for each in life["events"] if each["id"] == event), None)
    if found is None:
        raise Http404
    send = next((each for each in life["sends"] if each["id"] == found["send"]), None)
    evidence = found["evidence"] or {"report": {}, "verdict": {}}
    said = evidence["report"].get("diagnostic") or evidence["report"].get("text") or ""
    context = {
        "account": account,
        "role": api.role,
        "address": address,
        "event": found,
        "send": send,
        "report": evidence["report"],
        "verdict": evidence["verdict"],
        "said": marked(said, evidence["verdict"].get("matched") or ""),
        "life": life,
        "section": "overview",
    }
    return render(request, "console/details.html", context)


def marked(said: str, matched: str) -> SafeString:
    """The server's words with the ones that decided in a mark. Hostile text: escaped, invisibles shown."""
    visible = shown(said)
    place = visible.lower().find(shown(matched).lower()) if matched else -1
    if place < 0:
        return format_html("{}", visible)
    end = place + len(shown(matched))
    return format_html("{}<mark>{}</mark>{}", visible[:place], visible[place:end], visible[end:])


def shown(text: str) -> str:
    """Controls and marks of direction made visible, so that no text passes for another (security.md)."""
    return "".join(f"⟨U+{ord(c):04X}⟩" if _hidden(c) else c for c in text)


def _hidden(character: str) -> bool:
    point = ord(character)
    return (
        (point < 0x20 and character not in "\n\t")
        or 0x7F <= point < 0xA0
        or 0x200B <= point <= 0x200F
        or 0x202A <= point <= 0x202E
        or 0x2060 <= point <= 0x2069
        or point == 0xFEFF
    )
