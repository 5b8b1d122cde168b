"""Fetches a torrent by libtorrent from one peer that it is told of, and from nobody else.

usage: leech_libtorrent.py '{"torrent": PATH, "folder": PATH, "port": PORT}'

Prints {"seconds": N, "bytes": N} when it has all of it: the time since the first byte, and the payload that came.
"""

import json
import sys
import time

import libtorrent as lt

PATIENCE = 60


def main():
    options = json.loads(sys.argv[1])
    session = lt.session({
        "listen_interfaces": "127.0.0.1:0", "allow_multiple_connections_per_ip": True,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification,
    })
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(options["torrent"])
    params.save_path = options["folder"]
    handle = session.add_torrent(params)
    started, began, asked = time.monotonic(), None, 0
    while True:
        status, now = handle.status(), time.monotonic()
        if status.is_seeding:
            break
        if now - started > PATIENCE:
            sys.exit(f"{status.progress:.0%} after {PATIENCE} s, from {status.num_peers} peers")
        if began is None and status.total_payload_download > 0:
            began = now
        if status.num_peers == 0 and now - asked > 1:
            handle.connect_peer(("127.0.0.1", options["port"]))
            asked = now
        session.wait_for_alert(50)
        session.pop_alerts()
    print(json.dumps({"seconds": now - (began or now), "bytes": status.total_payload_download}), flush=True)


if __name__ == "__main__":
    main()
