"""The official client's side of `cargo bench --bench client`, on a loopback server.

Usage: official_client.py list|one BASE_URL

It prints the number of items, nanoseconds of CPU time, and KiB of peak memory. The client's start-up
request goes to the loopback server and counts, as it does for its users. The telemetry that a thread
sends with each call is disabled, in the client's favor.
"""

import resource
import sys
import time

import loopback_sdk

task, base_url = sys.argv[1:]
sessions = loopback_sdk.session(base_url)

from peak.press import blocks  # noqa: E402

client = blocks.get_client(sessions.Session(auth_token="token", stage="prod"))
if task == "list":
    items = sum(bool(spec["id"]) for spec in client.list_specs(page_size=100))
else:
    items = int(bool(client.describe_spec("some")["id"]))
peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(items, time.process_time_ns(), peak_kib)
