"""One bounce in detail (E34-E35): the send, what was said by whom, how it was judged, what to do."""

from itertools import islice

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from retour.console.asking import Answer, Api, api_of
from retour.console.pages.address import _step
from retour.console.pages.contradiction import contradiction
from retour.console.pages.counted_as import counted_as, meaning_of
from retour.console.pages.shown import shown
from retour.console.reader import reader
from retour.model import Role

MOST_SHOWN = 64 * 1024  # octets of a mail on a page; more is for a download
STAFF = (Role.SUPPORT, Role.ADMIN)


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
    report, matched = evidence["report"], evidence["verdict"].get("matched") or ""
    who = reader(request)
    context = {
        "account": account,
        "role": api.role,
        "address": address,
        "event": found,
        "send": send,
        "report": evidence["report"],
        "verdict": evidence["verdict"],
        "said": marked(report.get("diagnostic") or "", matched),
        "body": marked(report.get("text") or "", matched),
        "conflicts": [contradiction(each, who.language) for each in evidence["verdict"].get("conflicts", ())],
        "subject": shown(send["subject"] or "") if send else "",
        "life": life,
        "written": _as_written(send, address),
        "meaning": meaning_of(found["status"], who) if found["status"] else "",
        "counted_as": counted_as(api, found, who),
        "advice": _advice(api, life, found),
        "may_read_mail": api.role in STAFF and bool(evidence.get("arrival")),
        "section": "overview",
    }
    return render(request, "console/details.html", context)


def _as_written(send: Answer | None, address: str) -> str:
    """How the sender wrote the address, where that is not how it counts; else nothing."""
    written = "" if send is None else str(send["recipient"])
    return "" if written.lower() == address.lower() else written


def _advice(api: Api, life: Answer, event: Answer) -> Answer | None:
    """What to do, where this is the bounce that tells: of earlier ones the advice is over. While the address
    is held nobody believes the bounce, so that the advice is on the hold."""
    bounces = [each for each in life["events"] if each["kind"] == "bounce"]
    latest = max(bounces, key=lambda each: str(each["at"]), default=None)
    if latest is None or latest["id"] != event["id"]:
        return None
    is_held = life["state"]["state"] == "held"
    found: Answer | None = api.get("/v1/advice", address=life["address"])["state" if is_held else "bounce"]
    return found


@login_required
def mail(request: HttpRequest, account: str, address: str, event: str) -> HttpResponseBase:
    """The mail as it came, for support: shown as text, at most so much; or all of it as a file."""
    api = api_of(request, account, Role.SUPPORT)
    _, pieces = api.download("/v1/mail", address=address, event=event)
    if request.GET.get("form") == "eml":
        response = StreamingHttpResponse(pieces, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{event[:16]}.eml"'
        return response
    begun = b"".join(islice(pieces, 2))
    context = {
        "account": account, "role": api.role, "section": "overview", "address": address, "event": event,
        "text": shown(begun[:MOST_SHOWN].decode("utf-8", "replace")), "is_cut": len(begun) > MOST_SHOWN,
    }  # fmt: skip
    return render(request, "console/mail.html", context)


def marked(said: str, matched: str) -> SafeString:
    """The server's words with the ones that decided in a mark. Hostile text: escaped, invisibles shown."""
    visible = shown(said)
    place = visible.lower().find(shown(matched).lower()) if matched else -1
    if place < 0:
        return format_html("{}", visible)
    end = place + len(shown(matched))
    return format_html("{}<mark>{}</mark>{}", visible[:place], visible[place:end], visible[end:])
