"""What a page shows, as a file: handed on from the API as it comes, in constant memory."""

from itertools import chain

from django.http import Http404, StreamingHttpResponse

from retour.console.asking import Api

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MARK = "\ufeff".encode()  # Excel reads CSV as UTF-8 only behind it


def file(api: Api, path: str, name: str, form: str, **query: object) -> StreamingHttpResponse:
    """A file of the API under a name of ours."""
    if form not in TYPES:
        raise Http404
    _, pieces = api.download(path, format=form, **query)
    if form == "csv":
        pieces = chain((_MARK,), pieces)
    response = StreamingHttpResponse(pieces, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{api.account}.{form}"'
    return response
