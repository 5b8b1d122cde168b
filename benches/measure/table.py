"""The results as text, in the form of Markdown."""
import verdicts

MARKS = {verdicts.MET: "✓", verdicts.MISSED: "✗", verdicts.NO_FIGURE: "?", verdicts.NO_TARGET: ""}
# Medians of fewer runs say little.
ENOUGH_RUNS = 5


def whole(record, targets):
    """Everything: ratios, counts, and what is missed and by how much."""
    lines = verdicts.judge_all(record, targets)
    parts = [cold(lines, targets), warm(lines, targets), absolute(lines, targets), closing(record, lines, targets)]
    return "\n\n".join(part for part in parts if part)


def cold(lines, targets):
    """One row for each profile of the lab, one column for each value."""
    names = [target["name"] for target in targets["cold"]]
    rows = []
    for profile in dict.fromkeys(line["where"] for line in lines if line["part"] == "cold"):
        mine = {line["name"]: line for line in lines if line["part"] == "cold" and line["where"] == profile}
        rows.append([profile, *(cell(mine[name], targets["units"]) for name in names)])
    return _grid(["cold", *names], rows) if rows else ""


def cell(line, units):
    """A ratio with its spread and the peer it is to, or the value itself where the target is one, and the verdict."""
    if line["value"] == "waste_pct":
        text = _number(line["ours"], units[line["value"]])
    elif line["ratio"] is None:
        text = _number(line["ours"], units[line["value"]])
        text += "" if line["ours"] is None else " (no peer)"
    else:
        text = f"{_ratio(line)} {line['peer']}"
    return f"{text} {_mark(line)}".strip()


def warm(lines, targets):
    """One row for each value of the warm tests."""
    rows = []
    for line in (line for line in lines if line["part"] == "warm"):
        unit = targets["units"][line["value"]]
        rows.append([line["name"], _number(line["ours"], unit), _number(line["best"], unit), _ratio(line),
                     line["target"] or "-", _mark(line) or "-"])
    return _grid(["warm", "headwater", "nginx", "ratio", "target", "result"], rows) if rows else ""


def absolute(lines, targets):
    """Medians of all servers, so that a ratio can be understood."""
    mine = [line for line in lines if line["part"] == "cold"]
    servers = list(dict.fromkeys(name for line in mine for name in line["all"]))
    rows = []
    for line in mine:
        unit = targets["units"][line["value"]]
        cells = []
        for name in servers:
            found = line["all"].get(name, {})
            lost = f" ({found['lost']} lost)" if found.get("lost") else ""
            cells.append(_number(found.get("median"), unit) + lost)
        rows.append([line["where"], line["name"], *cells])
    return _grid(["profile", "median", *servers], rows) if rows else ""


def closing(record, lines, targets):
    """How many targets are met, what is missed, and what to be careful with."""
    judged = [line for line in lines if line["verdict"] != verdicts.NO_TARGET]
    met = sum(line["verdict"] == verdicts.MET for line in judged)
    unknown = [line for line in judged if line["verdict"] == verdicts.NO_FIGURE]
    text = [f"{met} of {len(judged)} targets met, {len(unknown)} without a figure. Ratios are to the best peer of the "
            "same run: median [least to greatest]; ✓ met, ✗ missed and how many times what is allowed."]
    missed = [line for line in judged if line["verdict"] == verdicts.MISSED]
    text += [_missed(line, targets["units"]) for line in missed]
    runs = min((line["runs"] for line in judged if line["part"] == "cold" and line["runs"]), default=ENOUGH_RUNS)
    if runs < ENOUGH_RUNS:
        text.append(f"Careful: some medians are of {runs} only; {ENOUGH_RUNS} runs are needed for a claim.")
    failed = [f"{row['server']} in {row['profile']} #{row['run']}" for row in record.get("rows", []) if not row["ok"]]
    if failed:
        text.append(f"Runs that failed: {', '.join(failed)}.")
    absent = [f"{name} ({peer['missing']})" for name, peer in record.get("peers", {}).items() if peer["missing"]]
    if absent:
        text.append(f"Not here: {'; '.join(absent)}.")
    return "\n".join(text)


def _missed(line, units):
    unit = units[line["value"]]
    peer = f", {line['peer']} {_number(line['best'], unit)}" if line["best"] is not None else ""
    over = f"{line['over']:.2f} times that" if line["over"] is not None else "nothing to compare"
    where = f"{line['where']}, {line['name']}" if line["part"] == "cold" else line["name"]
    return f"- missed: {where}: {_number(line['ours'], unit)}{peer}; allowed {line['target']}; {over}"


def _mark(line):
    mark = MARKS[line["verdict"]]
    return f"{mark} x{line['over']:.2f}" if line["verdict"] == verdicts.MISSED and line["over"] else mark


def _ratio(line):
    if line["ratio"] is None:
        return "-"
    if not line["spread"]:
        return f"{line['ratio']:.2f}"
    least, most = ("∞" if end is None else f"{end:.2f}" for end in line["spread"])
    return f"{line['ratio']:.2f} [{least} to {most}]"


def _number(number, unit):
    if number is None:
        return "-"
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f} {unit}"


def _grid(head, rows):
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
