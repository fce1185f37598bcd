"""`httpx`, as patient as a loaded machine asks for: its own five seconds are a matter of luck there."""

from functools import partial

import httpx

_PATIENCE = 120  # seconds; only a broken server gets there
request = partial(httpx.request, timeout=_PATIENCE)
get = partial(httpx.get, timeout=_PATIENCE)
post = partial(httpx.post, timeout=_PATIENCE)
stream = partial(httpx.stream, timeout=_PATIENCE)
Client = partial(httpx.Client, timeout=_PATIENCE)
