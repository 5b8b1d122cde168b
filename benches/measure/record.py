"""The results of one measurement, kept in one JSON file that is whole at every moment.

README.md beside this file describes its form.
"""
import hashlib
import json
import os
import platform
import time
from pathlib import Path

SCHEMA = 1
# Two results of one measurement are of one program and one machine.
SAME = ("program", "machine", "lab")


class Different(Exception):
    """What is to be continued was measured with something else."""


class Record:
    """What has been measured so far, and the file it is kept in."""

    def __init__(self, path, data):
        self.path, self.data = Path(path), data

    @classmethod
    def new(cls, path, facts):
        """Begins anew. What the file held is kept beside it, since it may have taken hours."""
        path = Path(path)
        if path.exists():
            path.replace(path.with_suffix(".previous.json"))
        made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return cls(path, {"schema": SCHEMA, "made": made, **facts, "rows": [], "warm": None})

    @classmethod
    def resume(cls, path, facts):
        """Goes on with the file if there is one.

        Raises Different if it is of another program, machine or lab.
        """
        if not Path(path).exists():
            return cls.new(path, facts)
        data = read(path)
        for key in SAME:
            # A part that was or is left out has no fact to differ in.
            if None not in (data.get(key), facts[key]) and data[key] != facts[key]:
                raise Different(f"{path} holds figures of another {key}: leave out --resume to begin anew")
        # Peers may have been installed in the meantime, and a part be new.
        data["peers"] = facts["peers"]
        data["lab"] = data.get("lab") or facts["lab"]
        return cls(path, data)

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.data, indent=1, allow_nan=False))
        part.replace(self.path)

    def add_row(self, row):
        self.data["rows"].append(row)
        self.save()

    def add_warm(self, warm):
        self.data["warm"] = warm
        self.save()

    def is_complete(self, profile, servers, runs):
        """Whether every server has had every run of a profile."""
        had = {(row["server"], row["run"]) for row in self.data["rows"] if row["profile"] == profile}
        return {(server, run + 1) for server in servers for run in range(runs)} <= had

    def forget(self, profile):
        """Ratios are of one swarm: a profile that was left in the middle begins again."""
        self.data["rows"] = [row for row in self.data["rows"] if row["profile"] != profile]


def read(path):
    """A file of results. Raises ValueError if it is none."""
    data = json.loads(Path(path).read_text())
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"{path} holds no results of this program")
    return data


def fingerprint(files):
    """A hash over names and contents: two that are equal are of the same program."""
    digest = hashlib.sha256()
    for file in sorted(map(Path, files)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def machine():
    """What the figures depend on besides the programs."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "model": model, "kernel": platform.release(),
            "memory_gb": round(memory / 1e9, 1)}
