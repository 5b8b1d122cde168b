"""Runs the tests of files that are there already, side by side with nginx."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import interrupts

# How long servers may take to go when they are told to, in seconds.
GRACE = 10


def build(repository):
    """Builds the bench and with it the program, so that what is measured does not change on the way."""
    command = ["cargo", "bench", "--locked", "--no-run", "--bench", "warm"]
    if subprocess.run(command, cwd=repository, stdout=sys.stderr, check=False).returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed")


def run(repository, scratch):
    """What `cargo bench --bench warm` wrote; `scratch` is a folder for its film.

    Raises RuntimeError if it fails.
    """
    result, begun = repository / "target" / "warm.json", time.time()
    scratch.mkdir(parents=True, exist_ok=True)
    # A session of its own: Ctrl-C reaches this program alone, which then ends everything in it.
    process = subprocess.Popen(["cargo", "bench", "--locked", "--bench", "warm"], cwd=repository, stdout=sys.stderr,
                               start_new_session=True, env={**os.environ, "TMPDIR": str(scratch)})
    try:
        if process.wait():
            raise RuntimeError("`cargo bench --bench warm` failed")
    finally:
        with interrupts.held():
            _end(process)
            shutil.rmtree(scratch, ignore_errors=True)
    if not result.exists() or result.stat().st_mtime < begun:
        raise RuntimeError(f"`cargo bench --bench warm` did not write {result}")
    return json.loads(result.read_text())


def _end(process):
    """Ends everybody in the session: the servers have process groups of their own, and would stay."""
    for kind, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 1)):
        deadline = time.monotonic() + patience
        members = _session(process.pid)
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, kind)
        while members and time.monotonic() < deadline:
            process.poll()
            members = _session(process.pid)
            time.sleep(0.05)
    process.wait()


def _session(leader):
    """The processes of a session that are not over yet."""
    members = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{entry}/stat") as stat:
                state, _parent, _group, session = stat.read().rsplit(")", 1)[1].split()[:4]
            if int(session) == leader and state not in "ZX":
                members.append(int(entry))
    return members
