"""Which servers there are on this machine to be measured beside ours, and how they are installed.

A peer is looked for among what `--opt` names, in the folder of peers, and on the path of programs. What comes from a
registry by name can be installed into the folder of peers; TorrServer and stremio-libtorrent-server come from none, so
they are only found.
"""
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# Releases whose figures stand in the first table of the lab. With a later uint8-util webtorrent ends on every magnet
# link, and an override is what pins it also where other packages ask for it.
NODE_PACKAGES = {"dependencies": {"webtorrent": "2.8.5", "peerflix": "0.39.0"}, "overrides": {"uint8-util": "2.2.5"}}
RQBIT = "9.1.0"
PEERS = ("nginx", "rqbit", "webtorrent", "peerflix", "torrserver", "stremio_libtorrent")
# These are asked for torrents; nginx only has files.
STREAMING = PEERS[1:]


@dataclass
class Peer:
    """One server: `missing` says why it cannot be measured here, `options` go to the lab."""

    name: str
    version: str = ""
    missing: str = ""
    options: dict = field(default_factory=dict)


def find(folder, given):
    """All peers. `given` holds what `--opt` said, by `name.key`."""
    return [_FINDERS[name](Path(folder), given) for name in PEERS]


def _nginx(_folder, _given):
    # Debian keeps it where only root looks.
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return _program("nginx", program, "-v", "the package nginx-light of Debian", None)


def _rqbit(folder, given):
    program = given.get("rqbit.bin") or _first(folder / "bin" / "rqbit", "rqbit")
    return _program("rqbit", program, "--version", "cargo install rqbit, or --install", "bin")


def _torrserver(folder, given):
    program = given.get("torrserver.bin") or _first(folder / "bin" / "TorrServer", "TorrServer")
    return _program("torrserver", program, "--version", "name its program with --opt torrserver.bin=", "bin")


def _node_package(name):
    def find_one(folder, given):
        modules = Path(given.get(f"{name}.modules") or folder / "node" / "node_modules")
        described = modules / name / "package.json"
        if not shutil.which("node"):
            return Peer(name, missing="Node is not installed")
        if not described.is_file():
            return Peer(name, missing="npm install, or --install")
        return Peer(name, json.loads(described.read_text())["version"], options={"modules": str(modules.resolve())})
    return find_one


def _stremio_libtorrent(_folder, given):
    python = given.get("stremio_libtorrent.python")
    if not python:
        return Peer("stremio_libtorrent", missing="name the Python that has it with --opt stremio_libtorrent.python=")
    environment = {**os.environ, "PYTHONPATH": given.get("stremio_libtorrent.path", "")}
    ask = "import stremiosrv.app, libtorrent; print('libtorrent', libtorrent.version)"
    version, problem = _ask([python, "-c", ask], environment)
    keys = {"python": python, "path": given.get("stremio_libtorrent.path", "")}
    return Peer("stremio_libtorrent", version, problem, {key: value for key, value in keys.items() if value})


def _program(name, program, flag, how, option):
    if not program or not shutil.which(str(program)):
        return Peer(name, missing=how)
    version, problem = _ask([str(program), flag])
    return Peer(name, version, problem, {option: str(Path(program).resolve())} if option else {})


def _ask(command, environment=None):
    """The first line that a program says of its version, and what went wrong."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    said = (done.stdout or done.stderr).strip().splitlines()
    if done.returncode:
        return "", (said or ["it fails"])[-1]
    return (said[0].split("version:")[-1].strip() if said else ""), ""


def _first(*candidates):
    return next((str(found) for found in map(shutil.which, map(str, candidates)) if found), None)


_FINDERS = {"nginx": _nginx, "rqbit": _rqbit, "webtorrent": _node_package("webtorrent"),
            "peerflix": _node_package("peerflix"), "torrserver": _torrserver,
            "stremio_libtorrent": _stremio_libtorrent}


def install(folder, names, say):
    """Installs those of `names` that come from a registry and are not there yet.

    Raises CalledProcessError if a package manager fails.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    missing = {peer.name for peer in find(folder, {}) if peer.missing and peer.name in names}
    if missing & {"webtorrent", "peerflix"}:
        say("installing webtorrent and peerflix from npm")
        (folder / "node").mkdir(exist_ok=True)
        (folder / "node" / "package.json").write_text(json.dumps({"private": True, **NODE_PACKAGES}))
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, check=True, cwd=folder / "node")
    if "rqbit" in missing:
        say(f"building rqbit {RQBIT} from crates.io, which takes long")
        # Its build needs gigabytes that nobody needs afterwards.
        environment = {**os.environ, "CARGO_TARGET_DIR": str(folder / "building")}
        command = ["cargo", "install", "rqbit", "--version", RQBIT, "--locked", "--root", folder]
        subprocess.run(command, check=True, env=environment)
        shutil.rmtree(folder / "building", ignore_errors=True)
    for name in sorted(missing & {"nginx", "torrserver", "stremio_libtorrent"}):
        say(f"{name} is not installed by this program, see README.md beside it")
