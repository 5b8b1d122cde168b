"""Medians and ratios of what the lab wrote, one row for each run of a server.

A value that a run did not reach is *lost*, and counts as worse than any number: a server that gives no byte in
most of its runs has no median. A value that says nothing (a rate faster than the line, because the bytes were there
already) is left out instead.
"""
import math
import statistics

OURS = "headwater"
# A rate above the line by more than this is no rate of the network: a twentieth is what the clock may miss.
LINE_TOLERANCE = 1.05
# Bytes of payload in a byte that comes in: 1448 of 1500 in full packets, and the heads of BitTorrent messages.
PAYLOAD_SHARE = 1448 / 1500 * 16384 / (16384 + 13)


def samples(row, value, more_is_better=False):
    """The values of one run: a list, since a run has three seeks. A lost one is infinitely bad."""
    if value in ("waste_pct", "peak_rss_mb") and not row["ok"]:
        # What a server costs that did not do its work says nothing.
        return []
    if value == "waste_pct":
        return [share for share in [waste(row)] if share is not None]
    found = row.get(value)
    if value == "sustained_mib_s" and (found or 0) > LINE_TOLERANCE * row.get("line_mib_s", math.inf):
        return []
    if found is None and value == "seek_ms":
        found = [None] * 3
    worst = -math.inf if more_is_better else math.inf
    return [worst if v is None else v for v in (found if isinstance(found, list) else [found])]


def waste(row):
    """Percent of the received payload that is not on the disk at the end, or None where that is not known."""
    received, stored = row.get("net_rx_mib"), row.get("stored_mib")
    if not received or not stored:
        return None
    return max(0.0, 100 * (1 - stored / (received * PAYLOAD_SHARE)))


def series(rows, server, profile, value, more_is_better=False):
    """Samples of one server by (run, place in the run), so that servers can be compared in the same situation."""
    found = {}
    for row in rows:
        if row["server"] == server and row["profile"] == profile:
            for place, sample in enumerate(samples(row, value, more_is_better)):
                found[row["run"], place] = sample
    return found


def median(numbers):
    """The median, or None if there is none that is a number."""
    numbers = list(numbers)
    if not numbers:
        return None
    # Of two in the middle of which one is lost, the mean would be lost as well; the worse one says the same.
    middle = statistics.median(numbers)
    return middle if math.isfinite(middle) else None


def best_peer(by_server, more_is_better=False):
    """The name of the peer with the best median, or None if no peer has one."""
    medians = {name: median(found.values()) for name, found in by_server.items() if name != OURS}
    medians = {name: number for name, number in medians.items() if number is not None}
    if not medians:
        return None
    return (max if more_is_better else min)(medians, key=medians.get)


def ratios(ours, theirs):
    """Our sample divided by theirs, wherever both were in the same situation and one of them got anywhere."""
    found = []
    for place in sorted(ours.keys() & theirs.keys()):
        quotient = _quotient(ours[place], theirs[place])
        if quotient is not None:
            found.append(quotient)
    return found


def _quotient(ours, theirs):
    if math.isfinite(ours) and math.isfinite(theirs):
        return ours / theirs if theirs else None
    if not math.isfinite(ours) and not math.isfinite(theirs):
        return None
    # The one that lost has a time without end, or a rate of none.
    lost_is_ours = not math.isfinite(ours)
    endless = math.inf in (ours, theirs)
    return math.inf if lost_is_ours == endless else 0.0


def compare(rows, profile, value, more_is_better=False):
    """One line of the table, without a verdict. All numbers are None where there is nothing to say."""
    mine = [row for row in rows if row["profile"] == profile]
    by_server = {name: series(mine, name, profile, value, more_is_better)
                 for name in dict.fromkeys(row["server"] for row in mine)}
    ours, peer = by_server.get(OURS, {}), best_peer(by_server, more_is_better)
    quotients = ratios(ours, by_server[peer]) if peer else []
    return {
        "part": "cold", "where": profile, "value": value, "more_is_better": more_is_better,
        "ours": median(ours.values()), "runs": len(ours), "peer": peer,
        "best": median(by_server[peer].values()) if peer else None,
        "ratio": median(quotients), "spread": finite([min(quotients), max(quotients)]) if quotients else None,
        "all": {name: spread(found.values()) for name, found in by_server.items()},
    }


def spread(numbers):
    """Median, least and greatest of the numbers, and how many are lost."""
    numbers = list(numbers)
    real = [n for n in numbers if math.isfinite(n)]
    return {"median": median(numbers), "least": min(real, default=None), "greatest": max(real, default=None),
            "lost": len(numbers) - len(real)}


def finite(numbers):
    """JSON has no infinity: None stands for it."""
    return [n if math.isfinite(n) else None for n in numbers]
