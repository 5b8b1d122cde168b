"""Ctrl-C and a request to end, which may come at any moment of a measurement."""
import contextlib
import signal

KINDS = (signal.SIGINT, signal.SIGTERM)


def obey():
    """From now on both raise KeyboardInterrupt, also where the program was started in the background."""
    for kind in KINDS:
        signal.signal(kind, _interrupt)


@contextlib.contextmanager
def held():
    """What has to be put in order is not interrupted; what came meanwhile is raised afterwards."""
    came = []
    previous = {kind: signal.signal(kind, lambda number, _frame: came.append(number)) for kind in KINDS}
    try:
        yield
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
    if came:
        raise KeyboardInterrupt


def _interrupt(_number, _frame):
    raise KeyboardInterrupt
