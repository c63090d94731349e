"""What `chimein up` started ends when that is gone, also when it was killed and could tell nobody."""

import os
import signal
import threading
import time
from collections.abc import Mapping

KEEPER = "CHIMEIN_KEEPER_PID"
"""Set by `chimein up` for its processes; containers and service managers end what they start by themselves."""
LOOK_EVERY_S = 1.0


def end_with_keeper(environ: Mapping[str, str]) -> None:
    """From now on; as a signal to stop would, so that what is in hand comes to its end."""
    if keeper := environ.get(KEEPER):
        threading.Thread(target=wait_for_end, args=(int(keeper),), name="keeper", daemon=True).start()


def wait_for_end(pid: int) -> None:
    while is_alive(pid):
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)


def is_alive(pid: int) -> bool:
    """Also where it is not ours to signal."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
