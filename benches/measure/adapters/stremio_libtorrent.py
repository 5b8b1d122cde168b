"""The lab's adapter for stremio-libtorrent-server. Options:
  stremio_libtorrent.python   a Python that has the server's package, or what the package needs
  stremio_libtorrent.path     the folder that holds the package `stremiosrv`, where it is not installed
"""
from urllib.parse import quote

from adapters import why_not_program


def missing(opt):
    return why_not_program(opt("python", "stremio-libtorrent-python"), "set stremio_libtorrent.python")


def command(c, opt):
    argv = [opt("python"), "-m", "uvicorn", "stremiosrv.app:build_app", "--factory", "--host", "127.0.0.1",
            "--port", str(c.port), "--no-access-log"]
    return argv, {"STREMIOSRV_CACHE_ROOT": c.data, "STREMIOSRV_ENABLE_UPNP": "false", "PYTHONPATH": opt("path")}


def open(c, limit):
    trackers = "&".join("tr=" + quote(tracker, safe="") for tracker in c.trackers)
    return f"http://127.0.0.1:{c.port}/{c.infohash}/{c.file}?{trackers}"
