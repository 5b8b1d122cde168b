"""One libtorrent seed on loopback, steered over stdin.

usage: seed_libtorrent.py '{"torrent": PATH, "folder": PATH, "names": [PATH, ...], "limit": BYTES_PER_SECOND,
                           "announces": BOOL, "encryption": null | "rc4" | "plaintext"}'

With "encryption" it takes no connection whose handshake is not encrypted; what follows is in RC4 or not.

Prints {"port": N} once it seeds and one tracker, if "announces" says that there is a working one, has
taken its announce. Then every line read from stdin is a command, answered by {"uploaded": BYTES, "peers": N}:

    {"limit": N}      upload at most N bytes per second, 0 for no limit
    {"stats": true}   nothing but the answer

End of stdin ends the seed, so it cannot outlive the test that started it.
"""

import json
import sys
import time

import libtorrent as lt


def limit(session, rate):
    """Loopback peers belong to a class of their own that the session-wide rate does not touch."""
    local = lt.session.local_peer_class_id
    settings = session.get_peer_class(local)
    settings["upload_limit"] = rate
    session.set_peer_class(local, settings)


def announced(session, deadline):
    while time.monotonic() < deadline:
        session.wait_for_alert(500)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.tracker_reply_alert):
                return True
    return False


def main():
    options = json.loads(sys.argv[1])
    session = lt.session({
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        # Every peer of a test has the same address, and all are served at once.
        "allow_multiple_connections_per_ip": True, "unchoke_slots_limit": -1,
        "min_announce_interval": 5, "send_buffer_low_watermark": 16 * 1024, "send_buffer_watermark": 64 * 1024,
        "alert_mask": lt.alert.category_t.tracker_notification | lt.alert.category_t.error_notification,
    })
    if options["encryption"]:
        level = {"rc4": lt.enc_level.rc4, "plaintext": lt.enc_level.plaintext}[options["encryption"]]
        session.apply_settings({
            "in_enc_policy": lt.enc_policy.forced, "out_enc_policy": lt.enc_policy.forced, "allowed_enc_level": level,
        })
    limit(session, options.get("limit", 0))
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(options["torrent"])
    params.save_path = options["folder"]
    # Where the bytes lie is said by index, so that names unfit for a disk can be seeded too.
    params.renamed_files = dict(enumerate(options["names"]))
    params.flags = lt.torrent_flags.seed_mode
    handle = session.add_torrent(params)
    deadline = time.monotonic() + 30
    while not handle.status().is_seeding:
        if time.monotonic() > deadline:
            sys.exit("not seeding after 30 s")
        session.wait_for_alert(100)
        session.pop_alerts()
    if options["announces"] and not announced(session, deadline):
        sys.exit("no tracker took the announce within 30 s")
    print(json.dumps({"port": session.listen_port()}), flush=True)

    for line in sys.stdin:
        command = json.loads(line)
        if "limit" in command:
            limit(session, command["limit"])
        status = handle.status()
        print(json.dumps({"uploaded": status.total_payload_upload, "peers": status.num_peers}), flush=True)


if __name__ == "__main__":
    main()
