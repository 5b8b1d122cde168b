"""Runs the streaming lab, which lies outside of this repository, profile by profile."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import interrupts

ADAPTERS = Path(__file__).with_name("adapters")
# What makes a folder the lab.
NEEDED = ("lab.py", "client.py", "netlab.py", "hub.c", "profiles.json", "adapters/__init__.py")
# How long the lab may take to remove its network when it is told to stop, in seconds.
GRACE = 30


class NoLab(Exception):
    """The folder is not the lab, or the lab cannot run here."""


class Lab:
    """A copy of the lab with our adapters beside its own. The original stays as it is."""

    def __init__(self, source, folder, work, python):
        self.folder, self.work, self.python = Path(folder), Path(work), str(python)
        self.rows, self.logs = self.folder / "rows.jsonl", self.folder.with_name("logs")
        source = Path(source)
        absent = [name for name in NEEDED if not (source / name).is_file()]
        if absent:
            raise NoLab(f"{source} holds no {absent[0]}: --lab names the folder of the streaming lab, which is not "
                        "part of this repository (README.md beside this program says what it is)")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns("work", "__pycache__", "*.md"))
        for adapter in ADAPTERS.glob("*.py"):
            shutil.copy(adapter, self.folder / "adapters")
        self.profiles = json.loads((self.folder / "profiles.json").read_text())

    def files(self):
        """Everything that a figure depends on."""
        return [path for path in self.folder.rglob("*") if path.is_file() and path.suffix in (".py", ".c", ".json")]

    def check(self):
        """Raises NoLab if a run would fail at once."""
        if os.geteuid() != 0:
            raise NoLab("the lab makes network namespaces: run this as root, or leave the lab out with --skip lab")
        for program in ("ip", "cc"):
            if not shutil.which(program):
                raise NoLab(f"the lab needs `{program}`")
        done = subprocess.run([self.python, "-c", "import libtorrent"], capture_output=True)
        if done.returncode:
            raise NoLab(f"the lab's seeds are of libtorrent: `{self.python} -m pip install libtorrent`, "
                        "or name another Python with --python")

    def run(self, profile, servers, runs, options, on_row, say):
        """Calls `on_row` for each run of each server as it ends.

        Raises RuntimeError if the lab fails. However it is left, nothing of the lab is left behind.
        """
        self.rows.unlink(missing_ok=True)
        command = [self.python, self.folder / "lab.py", "run", "--servers", ",".join(servers), "--profiles", profile,
                   "--runs", runs, "--out", self.rows, "--work", self.work, "--keep"]
        for option, value in options.items():
            command += ["--opt", f"{option}={value}"]
        # A session of its own: Ctrl-C reaches this program alone, which then ends the lab in good order.
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True, start_new_session=True, cwd=self.folder)
        last, seen = "", 0
        try:
            for line in process.stderr:
                last = line.rstrip()
                rows = self._rows_after(seen)
                seen += len(rows)
                if not rows:
                    say(f"  {last}")
                for row in rows:
                    on_row(self._with_stored(row))
            for row in self._rows_after(seen):
                on_row(self._with_stored(row))
            if process.wait():
                raise RuntimeError(f"the lab failed: {last}")
        finally:
            with interrupts.held():
                self._end(process)

    def _rows_after(self, seen):
        if not self.rows.exists():
            return []
        return [json.loads(line) for line in self.rows.read_text().splitlines()[seen:]]

    def _with_stored(self, row):
        """Adds what the server has on the disk, and frees it: the lab would keep gigabytes. Keeps logs of failures."""
        folders = [path for path in (self.work / "swarm").glob(f"{row['server']}-*") if path.is_dir()]
        if folders:
            oldest = min(folders, key=lambda path: int(path.name.rsplit("-", 1)[1]))
            stored = allocated(oldest)
            # A server that keeps what it receives in memory has less on the disk than it gave away.
            kept_on_disk = stored >= row.get("bytes", 0) / 2
            row["stored_mib"] = round(stored / (1 << 20), 2) if kept_on_disk else None
            shutil.rmtree(oldest, ignore_errors=True)
            if not row["ok"]:
                self.logs.mkdir(exist_ok=True)
                log = self.logs / f"{row['profile']}-{row['run']}-{row['server']}.log"
                shutil.copy(oldest.with_name(oldest.name + ".log"), log)
        return row

    def _end(self, process):
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        subprocess.run([self.python, self.folder / "lab.py", "clean"], stdout=subprocess.DEVNULL, cwd=self.folder)
        shutil.rmtree(self.work / "swarm", ignore_errors=True)


def allocated(folder):
    """Bytes that the files of a folder occupy; holes in sparse files are none."""
    size = 0
    for path in Path(folder).rglob("*"):
        with contextlib.suppress(OSError):
            size += 0 if path.is_symlink() or path.is_dir() else path.stat().st_blocks * 512
    return size
