"""Points the official client, peak-sdk, at a loopback server.

Its telemetry, which a thread sends with each call, is disabled, and it can connect to nothing else.
"""

import socket
import types


class NoThread:
    def __init__(self, **_):
        pass

    def start(self):
        pass


def session(base_url):
    """The module `peak.session`, whose sessions send every request to `base_url`."""
    resolve = socket.getaddrinfo

    def resolve_loopback(host, *rest, **more):
        if host != "127.0.0.1":
            raise OSError(f"{host} is not loopback")
        return resolve(host, *rest, **more)

    # Before the first import of the client.
    socket.getaddrinfo = resolve_loopback

    import peak.session
    import peak.telemetry

    peak.telemetry.threading = types.SimpleNamespace(Thread=NoThread)
    peak.session.get_base_domain = lambda **_: base_url
    return peak.session
