"""Pictures of the results as SVG that is readable on light and on dark pages."""
import math
from html import escape

import figures
import verdicts

# One colour for each server on light and on dark ground (after Okabe and Ito, told apart by most colour-blind people).
COLOURS = {
    "headwater": ("#0072b2", "#56b4e9"), "rqbit": ("#d55e00", "#ff8c42"), "webtorrent": ("#009e73", "#2bc79a"),
    "peerflix": ("#b0508a", "#e38cc1"), "torrserver": ("#8a7400", "#e0c83c"),
    "stremio_libtorrent": ("#6a4fc4", "#a894f0"), "nginx": ("#6b6b6b", "#a6a6a6"),
}
WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 860, 130, 30, 34, 84, 46
# Room that a label of the axis needs.
LABEL = 48
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"


def draw(record, targets):
    """File names and their contents."""
    lines = verdicts.judge_all(record, targets)
    drawn = {}
    for value, name, title in (("ttfb_ms", "first-byte.svg", "Magnet link to first byte, on a server that is cold"),
                               ("seek_ms", "seek.svg", "Seek into missing bytes to first byte")):
        mine = [line for line in lines if line["value"] == value and line["all"]]
        if mine:
            drawn[name] = times(title, mine, targets["floors_ms"])
    # What has no spread was measured once (memory), and would dwarf the rest.
    mine = [line for line in lines if line["part"] == "warm" and line["spread"]]
    if mine:
        drawn["warm.svg"] = shares("Files that are there already, as a ratio to nginx", mine)
    return drawn


def times(title, lines, floors):
    """A row for each profile, a dot for each server's median, a thin line from its least to its greatest."""
    servers = list(dict.fromkeys(name for line in lines for name in line["all"]))
    numbers = [n for line in lines for s in line["all"].values() for n in (s["least"], s["greatest"]) if n]
    numbers += [floors[line["where"]] for line in lines if line["where"] in floors]
    low, high = math.log10(min(numbers) * 0.8), math.log10(max(numbers) * 1.15)
    height = TOP + ROW * len(lines) + BOTTOM

    def place(number):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(number) - low) / (high - low)

    parts = [_legend(servers, "floor" if floors else ""), *_axis(low, high, place, height - BOTTOM)]
    for place_of_row, line in enumerate(lines):
        y = TOP + ROW * (place_of_row + 0.5)
        parts.append(_text(LEFT - 12, y + 4, line["where"], "end"))
        if line["where"] in floors:
            x = place(floors[line["where"]])
            parts.append(_line("floor", (x, x), (y - 13, y + 13)))
        # Ours last, so that nothing covers it.
        for server in sorted(line["all"], key=lambda name: name == figures.OURS):
            parts.append(_dot(line["all"][server], server, y, place))
    note = "Median and range of the runs; left is better; logarithmic. Floor: round trips and one block."
    parts.append(_text(LEFT, height - 8, note, "start", "soft"))
    return _page(title, height, parts)


def shares(title, lines):
    """A bar for each value from 1, which is nginx, to our ratio."""
    high = max(1.25, *(_greatest(line) for line in lines)) * 1.05
    height = TOP + ROW * len(lines) + BOTTOM
    left = LEFT + 130

    def place(number):
        return left + (WIDTH - left - RIGHT - 60) * min(number, high) / high

    parts = [_legend(["headwater"], "nginx")]
    for number, line in enumerate(lines):
        y = TOP + ROW * (number + 0.5)
        parts.append(_text(left - 12, y + 4, line["name"], "end"))
        length = place(line["ratio"]) - left
        parts.append(f"<rect class='s-headwater' x='{left}' y='{y - 9:.1f}' width='{length:.1f}' height='18' rx='2'/>")
        if line["spread"] and None not in line["spread"]:
            least, most = (place(end) for end in line["spread"])
            parts.append(_line("range", (least, most), (y, y)))
        better = "more is better" if line["more_is_better"] else "less is better"
        end = max(place(_greatest(line)), place(1))
        parts.append(_text(end + 8, y + 4, f"{line['ratio']:.2f}", "start"))
        parts.append(_text(left - 12, y + 15, better, "end", "tiny"))
    x = place(1)
    parts.append(_line("floor", (x, x), (TOP - 6, height - BOTTOM + 4)))
    note = "Median and range of the turns; the line is nginx in the same turn."
    parts.append(_text(left, height - 14, note, "start", "soft"))
    return _page(title, height, parts)


def _greatest(line):
    ends = [end for end in line["spread"] or [] if end is not None]
    return max([line["ratio"], *ends])


def _axis(low, high, place, bottom):
    """Lines at 1, 2 and 5 of every power of ten, and their labels where there is room."""
    parts, free = [], 0
    for exponent in range(math.floor(low), math.ceil(high) + 1):
        for number in (step * 10.0 ** exponent for step in (1, 2, 5)):
            if low <= math.log10(number) <= high:
                x = place(number)
                parts.append(_line("grid", (x, x), (TOP - 6, bottom)))
                if x >= free:
                    parts.append(_text(x, bottom + 18, _time(number), "middle", "soft"))
                    free = x + LABEL
    return parts


def _dot(found, server, y, place):
    if found["median"] is None:
        return ""
    radius = 7 if server == figures.OURS else 5
    x, least, most = place(found["median"]), place(found["least"]), place(found["greatest"])
    return (_line(f"l-{server}", (least, most), (y, y)) +
            f"<circle class='s-{server}' cx='{x:.1f}' cy='{y:.1f}' r='{radius}'>"
            f"<title>{escape(server)}: {_time(found['median'])}</title></circle>")


def _time(milliseconds):
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"


def _legend(servers, line):
    x, parts = LEFT, []
    for server in servers:
        parts.append(f"<circle class='s-{server}' cx='{x}' cy='56' r='5'/>")
        parts.append(_text(x + 11, 60, server, "start"))
        x += 34 + 7.6 * len(server)
    if line:
        parts.append(_line("floor", (x, x), (48, 64)))
        parts.append(_text(x + 9, 60, line, "start", "soft"))
    return "".join(parts)


def _line(kind, xs, ys):
    return f"<line class='{kind}' x1='{xs[0]:.1f}' x2='{xs[1]:.1f}' y1='{ys[0]:.1f}' y2='{ys[1]:.1f}'/>"


def _text(x, y, text, anchor, kind="text"):
    return f"<text class='{kind}' x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{escape(text)}</text>"


def _page(title, height, parts):
    def rules(dark):
        ground, ink, soft, grid = ("#0d1117", "#e6edf3", "#9da7b3", "#262d37") if dark else (
            "#ffffff", "#1f2328", "#59636e", "#e3e7ec")
        of_servers = "".join(f".s-{name}{{fill:{pair[dark]}}}.l-{name}{{stroke:{pair[dark]};stroke-width:2}}"
                             for name, pair in COLOURS.items())
        return (f".ground{{fill:{ground}}}.text,.title{{fill:{ink}}}.soft,.tiny{{fill:{soft}}}.grid{{stroke:{grid}}}"
                f".floor{{stroke:{ink};stroke-width:2}}.range{{stroke:{ink};stroke-width:1.5}}" + of_servers)
    sizes = ".text,.soft{font-size:12px}.tiny{font-size:9px}.title{font-size:16px;font-weight:bold}"
    style = f"{rules(False)}{sizes}@media (prefers-color-scheme:dark){{{rules(True)}}}"
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' "
            f"role='img' aria-label='{escape(title, quote=True)}' {FONT}><style>{style}</style>"
            f"<rect class='ground' width='{WIDTH}' height='{height}' rx='6'/>"
            f"{_text(20, 30, title, 'start', 'title')}{''.join(parts)}</svg>\n")
