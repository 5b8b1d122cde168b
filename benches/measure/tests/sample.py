"""Results of our own making, in the form that the lab and the warm tests write."""
import copy


def row(server, profile, run, **values):
    """One run of a server; what is not said is what an ordinary run has."""
    usual = {"ok": True, "line_mib_s": 24.0, "ttfb_ms": 400.0, "t_4MiB_ms": 700.0, "tail_64k_ms": 300.0,
             "seek_ms": [200.0, 220.0, 240.0], "sustained_mib_s": 16.0, "peak_rss_mb": 100.0,
             "net_rx_mib": 104.0, "stored_mib": 98.0, "bytes": 70 << 20}
    return {"server": server, "profile": profile, "run": run, **usual, **values}


def rows(profile="metro", runs=5, ours=None):
    """Three servers; `ours` are values of Headwater that differ."""
    found = []
    for run in range(1, runs + 1):
        found.append(row("headwater", profile, run, **{"ttfb_ms": 100.0 + run, "t_4MiB_ms": 300.0, **(ours or {})}))
        found.append(row("peerflix", profile, run))
        found.append(row("webtorrent", profile, run, ttfb_ms=500.0, sustained_mib_s=22.0))
    return found


def column(ours, theirs, spread):
    return {"headwater": ours, "nginx": theirs, "ratio": ours / theirs, "spread": spread, "more_is_better": True,
            "turns": [[ours, theirs]] * 7}


WARM = {
    "works": {
        "64 x 1 MiB": {"GiB/s": column(5.2, 5.0, [0.98, 1.1]), "CPU s/GiB": column(0.24, 0.2, [1.1, 1.3]),
                       "p99 ms": column(18.0, 20.0, [0.8, 1.0])},
        "one stream": {"GiB/s": column(4.8, 5.0, [0.9, 1.0]), "CPU s/GiB": column(0.2, 0.2, [1.0, 1.0])},
    },
    "idle_mib": [40.0, 10.0],
    "viewers_1000": {"stall ms": [20.0, 15.0], "KiB/viewer": [30.0, 5.0]},
}


def record(found=None, warm=WARM):
    """A whole file of results."""
    absent = {"torrserver": {"version": "", "missing": "name its program"}}
    return {"schema": 1, "made": "2026-01-01T00:00:00Z", "program": {"version": "headwater 0.1.0", "sha256": "0"},
            "machine": {"cores": 2}, "lab": "1", "peers": absent, "rows": rows() if found is None else found,
            "warm": copy.deepcopy(warm)}
