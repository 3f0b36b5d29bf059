"""Free TCP ports on the loopback address."""

import random
import socket

_given = set()


def free_port():
    """A port nobody listens on, below the range that the kernel hands to outgoing connections, and
    never the same one twice in this process."""
    while True:
        port = random.randrange(10000, 32000)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
