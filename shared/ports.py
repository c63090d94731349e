"""Ports for what is started on this machine."""

import socket
from secrets import SystemRandom

BELOW_OUTGOING = range(15_000, 32_000)
"""Linux gives outgoing connections ports from 32768 on (`ip_local_port_range`): none of them can take one of these."""

TRIES = 100


def free_port() -> int:
    """A port that nothing on this machine listens on; nor will an outgoing connection be given it meanwhile.

    Raises OSError when none of a hundred is free.
    """
    for port in SystemRandom().sample(BELOW_OUTGOING, TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"none of {TRIES} ports between {BELOW_OUTGOING.start} and {BELOW_OUTGOING.stop} is free")
