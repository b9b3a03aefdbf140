"""The official client's side of `cargo bench --bench client`, on a loopback server.

Usage: official_client.py list|one BASE_URL

It prints its result: items, nanoseconds of CPU time, KiB of peak memory. Of the client's two
requests besides the call itself, the one at start-up goes to the loopback server and counts, as it
does for its users; the telemetry that a thread sends with each call is left out, in its favour.
"""

import resource
import socket
import sys
import time
import types

task, base = sys.argv[1:]

# No other request may leave this machine.
resolve = socket.getaddrinfo


def resolve_loopback(host, *rest, **more):
    if host != "127.0.0.1":
        raise OSError(f"{host} is not loopback")
    return resolve(host, *rest, **more)


socket.getaddrinfo = resolve_loopback

import peak.session  # noqa: E402
import peak.telemetry  # noqa: E402
from peak.press import blocks  # noqa: E402


class NoThread:
    def __init__(self, **_):
        pass

    def start(self):
        pass


peak.telemetry.threading = types.SimpleNamespace(Thread=NoThread)
peak.session.get_base_domain = lambda **_: base

client = blocks.get_client(peak.session.Session(auth_token="token", stage="prod"))
if task == "list":
    items = sum(bool(spec["id"]) for spec in client.list_specs(page_size=100))
else:
    items = int(bool(client.describe_spec("some")["id"]))
peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(items, time.process_time_ns(), peak_kib)
