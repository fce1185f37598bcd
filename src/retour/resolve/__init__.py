"""The DNS, asked whether domains take mail: a client of its own over UDP, made for many names.

wire     questions and answers as octets (RFC 1035)
client   one socket after the other, repeats, TCP where an answer was cut off
domain   what the answers mean for mail: mx, implicit_a, null_mx, nodata, nxdomain, servfail, timeout, bad_ip
asking   many domains at once, those first that stand first; answers are kept with their age
"""

from retour.resolve.asking import DnsResolver
from retour.resolve.client import Server, server_of

__all__ = ["DnsResolver", "Server", "server_of"]
