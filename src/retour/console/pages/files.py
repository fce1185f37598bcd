"""What a page shows, as a file: handed on from the API as it comes, in constant memory."""

from collections.abc import Container
from itertools import chain

from django.http import Http404, StreamingHttpResponse

from retour.console.asking import Api

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}
_MARK = "\ufeff".encode()  # Excel reads CSV as UTF-8 only behind it


def file(
    api: Api, path: str, name: str, form: str, forms: Container[str] = ("csv", "xlsx"), **query: object
) -> StreamingHttpResponse:
    """A file of the API, in one of `forms`, under a name of ours."""
    if form not in forms:
        raise Http404
    _, pieces = api.download(path, format=form, **query)
    if form == "csv":
        pieces = chain((_MARK,), pieces)
    response = StreamingHttpResponse(pieces, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{api.account}.{form}"'
    return response
