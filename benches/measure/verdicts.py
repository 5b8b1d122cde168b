"""Whether what was measured meets `targets.json`, and by how much it does not."""
import json
from pathlib import Path

import figures

TARGETS = Path(__file__).with_name("targets.json")
MET, MISSED, NO_TARGET, NO_FIGURE = "met", "missed", "no target", "no figure"


def read_targets(path=TARGETS):
    return json.loads(Path(path).read_text())


def judge_all(record, targets):
    """Every line of the table, cold ones first, each with its verdict."""
    lines = []
    rows = record.get("rows", [])
    for profile in dict.fromkeys(row["profile"] for row in rows):
        for target in targets["cold"]:
            line = figures.compare(rows, profile, target["value"], target.get("more_is_better", False))
            floor = targets["floors_ms"].get(profile)
            lines.append(judge({**line, "name": target["name"]}, target, floor))
    for target in targets["warm"] if record.get("warm") else []:
        lines.append(judge(warm_line(record["warm"], target), target))
    return lines


def judge(line, target, floor=None):
    """Adds what is allowed, the verdict, and how many times more than allowed it is."""
    conditions = [*_ratio(line, target), *_floor(line, target, floor), *_limit(line, target)]
    verdict, over = NO_TARGET, None
    if conditions:
        overs = [c["over"] for c in conditions if c["over"] is not None]
        # Whichever condition allows more is the one that counts.
        over = min(overs, default=None)
        verdict = NO_FIGURE if line["ours"] is None and not line["runs"] else MISSED
        if over is not None:
            verdict = MET if over <= 1 else MISSED
        elif line["ours"] is not None:
            verdict = NO_FIGURE
    return {**line, "target": " or ".join(c["text"] for c in conditions), "verdict": verdict, "over": over}


def _ratio(line, target):
    if "ratio" not in target:
        return
    more, wanted, ratio = line["more_is_better"], target["ratio"], line["ratio"]
    over = None
    if ratio is not None:
        over = (wanted / ratio if ratio else None) if more else ratio / wanted
    yield {"text": f"{'>=' if more else '<='} {wanted:g}x {line['peer'] or 'the best peer'}", "over": over}


def _floor(line, target, floor):
    if "floor_factor" in target and floor is not None:
        allowed = target["floor_factor"] * floor
        over = None if line["ours"] is None else line["ours"] / allowed
        yield {"text": f"<= {round(allowed, 1):g} ms", "over": over}


def _limit(line, target):
    limit = target.get("limit", target.get("limits", {}).get(line["where"]))
    if limit is not None:
        over = None if line["ours"] is None else line["ours"] / limit
        yield {"text": f"<= {limit:g}", "over": over}


def warm_line(warm, target):
    """A line of the same form from what `cargo bench --bench warm` wrote."""
    more = target.get("more_is_better", False)
    line = {"part": "warm", "where": target["work"], "value": target["value"], "name": target["name"],
            "more_is_better": more, "peer": "nginx", "ours": None, "best": None, "ratio": None, "spread": None,
            "runs": 0, "all": {}}
    if target["work"] == "idle":
        pair = warm.get("idle_mib")
    elif target["work"] == "1000 viewers":
        pair = warm.get("viewers_1000", {}).get(target["value"])
    else:
        column = warm.get("works", {}).get(target["work"], {}).get(target["value"])
        if column:
            line.update(ours=column["headwater"], best=column["nginx"], ratio=column["ratio"],
                        spread=column["spread"], runs=len(column["turns"]))
        return line
    if pair and len(pair) == 2:
        ratio = pair[0] / pair[1] if pair[1] else None
        line.update(ours=pair[0], best=pair[1], ratio=ratio, runs=1)
    return line
