"""The HTTP API: FastAPI, with the check route on raw bytes. A client of `flow`; needs the extra [server].

app        puts the routes together
connection HTTP itself, with a bound on the head of a request
access     keys, roles, whose data
problems   every refusal as RFC 9457 problem details; texts in problems.toml
shapes     how values look as JSON
check, sends, addresses, policy, restores, unparsed, account, probes   the routes
"""
