"""The HTTP API: FastAPI, with the check route on raw bytes. A client of `flow`; needs the extra [server].

app        puts the routes together
connection HTTP itself, with a bound on the head of a request
access     keys, roles, whose data
problems   every refusal as RFC 9457 problem details; texts in problems.toml
shapes     how values look as JSON
limits     how often a key may ask; repeats: idempotency keys; dry: what would be done
check, sends, addresses, policy, restores, suppressions, imports, looking, counted, webhooks, provider_lists,
unparsed, account, probes   the routes
"""
