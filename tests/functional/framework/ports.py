"""Free TCP ports on the loopback address."""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

_given = set()
# Byte N of it is locked by the test that was given port N, until its process ends.
_locks = open(pathlib.Path(tempfile.gettempdir()) / f"amber-test-ports-{os.getuid()}", "ab")


def free_port():
    """A port nobody listens on, below the range that the kernel hands to outgoing connections, and
    never one that this test or one that runs beside it was given."""
    while True:
        port = random.randrange(10000, 32000)
        if port in _given or not _lock(port):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def _lock(port):
    try:
        fcntl.lockf(_locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True
