"""Measures Headwater side by side with every other server that is installed, in one run.

  python3 benches/measure --lab DIR                      everything; hours with all profiles
  python3 benches/measure --lab DIR --profiles metro,thin --skip warm
  python3 benches/measure --install --list               peers from registries, then what is there
  python3 benches/measure --table target/measure/results.json

Cold torrents are played in the streaming lab (`--lab`, Linux and root), warm files by `cargo bench --bench warm`.
The table goes to standard output, everything as JSON and as charts to target/measure. Run it on an idle machine.
README.md beside this program describes the lab, the peers, the targets and the form of the JSON.
"""
import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import charts
import figures
import interrupts
import peers
import record
import swarm
import table
import verdicts
import warm
from progress import Progress

REPOSITORY = Path(__file__).resolve().parents[2]
# Ended by a signal, as shells tell it.
INTERRUPTED = 130


def arguments():
    parser = argparse.ArgumentParser(prog="python3 benches/measure", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    target = REPOSITORY / "target"
    parser.add_argument("--lab", type=Path, metavar="DIR", help="folder of the streaming lab")
    parser.add_argument("--profiles", default="all", metavar="A,B", help="of the lab; default: all")
    parser.add_argument("--servers", metavar="A,B", help="default: headwater and all peers that are installed")
    parser.add_argument("--runs", type=int, default=5, help="of each server in each profile; default: 5")
    parser.add_argument("--skip", action="append", default=[], choices=("lab", "warm"), help="leave one part out")
    parser.add_argument("--resume", action="store_true", help="keep the results that are there, and go on")
    parser.add_argument("--headwater", type=Path, default=target / "release" / "headwater", metavar="PROGRAM",
                        help="default: target/release/headwater")
    parser.add_argument("--python", default=sys.executable, help="that has libtorrent, for the lab; default: this one")
    parser.add_argument("--opt", action="append", default=[], metavar="NAME.KEY=VALUE", help="for the lab's adapters")
    parser.add_argument("--peers", type=Path, default=target / "measure" / "peers", metavar="DIR",
                        help="where peers are installed; default: target/measure/peers")
    parser.add_argument("--install", action="store_true", help="install the peers that registries have")
    parser.add_argument("--list", action="store_true", help="tell which peers are there, and end")
    parser.add_argument("--out", type=Path, default=target / "measure", metavar="DIR", help="default: target/measure")
    parser.add_argument("--charts", type=Path, metavar="DIR", help="where charts go; default: OUT/charts")
    parser.add_argument("--table", type=Path, metavar="FILE", help="print the table of results again, and end")
    given = parser.parse_args()
    if given.runs < 1:
        parser.error("--runs is at least 1")
    if any("=" not in option for option in given.opt):
        parser.error("--opt is NAME.KEY=VALUE")
    return given


def main():
    given, targets = arguments(), verdicts.read_targets()
    if given.table:
        show(record.read(given.table), targets, given.charts)
        return 0
    options = dict(option.split("=", 1) for option in given.opt)
    wanted = given.servers.split(",") if given.servers else [figures.OURS, *peers.PEERS]
    if given.install:
        peers.install(given.peers, wanted, say)
    found = {peer.name: peer for peer in peers.find(given.peers, options)}
    for peer in found.values():
        say(f"{peer.name}: {'not here: ' + peer.missing if peer.missing else peer.version}")
    if given.list:
        return 0
    interrupts.obey()
    results, lab, servers, profiles = prepare(given, found, wanted)
    ended = 0
    try:
        measure(given, results, lab, servers, profiles, {**options_of(found, given.headwater), **options})
    except KeyboardInterrupt:
        say("interrupted; --resume goes on from here")
        ended = INTERRUPTED
    results.save()
    show(results.data, targets, given.charts or given.out / "charts")
    return ended


def prepare(given, found, wanted):
    """Everything that can be wrong is said here, before anything is measured."""
    if not shutil.which(str(given.headwater)):
        sys.exit(f"{given.headwater} is not there: `cargo build --release`, or name another with --headwater")
    unknown = set(wanted) - {figures.OURS, *found}
    if unknown:
        sys.exit(f"no such server: {', '.join(sorted(unknown))}; there are {figures.OURS}, {', '.join(found)}")
    lab, profiles, lab_facts = None, [], None
    servers = [name for name in wanted if name == figures.OURS or name in peers.STREAMING and not found[name].missing]
    if "lab" not in given.skip:
        if not given.lab:
            sys.exit("--lab names the folder of the streaming lab, which is not part of this repository; "
                     "--skip lab leaves it out (README.md beside this program says what the lab is)")
        lab = swarm.Lab(given.lab, given.out / "lab", given.out / "work", given.python)
        lab.check()
        profiles = list(lab.profiles) if given.profiles == "all" else given.profiles.split(",")
        absent = [name for name in profiles if name not in lab.profiles]
        if absent:
            sys.exit(f"the lab has no profile {', '.join(absent)}; it has {', '.join(lab.profiles)}")
        lab_facts = record.fingerprint(lab.files())
    if "warm" not in given.skip and found["nginx"].missing:
        sys.exit(f"the warm tests need nginx ({found['nginx'].missing}); --skip warm leaves them out")
    if "warm" not in given.skip:
        warm.build(REPOSITORY)
    facts = {"program": program(given.headwater), "machine": record.machine(), "lab": lab_facts,
             "peers": {peer.name: {"version": peer.version, "missing": peer.missing} for peer in found.values()}}
    open_record = record.Record.resume if given.resume else record.Record.new
    return open_record(given.out / "results.json", facts), lab, servers, profiles


def program(path):
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"version": said, "sha256": record.fingerprint([Path(shutil.which(str(path)))])}


def options_of(found, headwater):
    """What the lab has to know of each server, as its options."""
    options = {f"{peer.name}.{key}": value for peer in found.values() for key, value in peer.options.items()}
    return {"headwater.cmd": f"{Path(shutil.which(str(headwater))).resolve()} serve", **options}


def measure(given, results, lab, servers, profiles, options):
    warm_is_due = "warm" not in given.skip and not results.data["warm"]
    due = [name for name in profiles if not results.is_complete(name, servers, given.runs)]
    progress = Progress(len(due) * len(servers) * given.runs, warm_is_due)
    say(f"{len(due)} profiles with {', '.join(servers)}, {given.runs} runs each; {progress.left()}")
    if warm_is_due:
        say("warm files, beside nginx")
        results.add_warm(warm.run(REPOSITORY, given.out / "scratch"))
        progress.warm_finished()
    for profile in due:
        results.forget(profile)
        progress.begin()

        def finished(row, profile=profile):
            results.add_row(row)
            state = "" if row["ok"] else f" FAILED {row.get('errors')}"
            progress.finished(f"{profile} #{row['run']} {row['server']}: first byte {row.get('ttfb_ms')} ms{state}")
        lab.run(profile, servers, given.runs, options, finished, say)


def show(data, targets, folder):
    print(table.whole(data, targets))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in charts.draw(data, targets).items():
            (folder / name).write_text(text)
            say(f"drawn: {folder / name}")


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (swarm.NoLab, record.Different, RuntimeError, ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
