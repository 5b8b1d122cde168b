"""How a lab is run, with one of our own making that only writes what it is told."""
import signal
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import interrupts
import swarm

# Writes a row for each server, with a folder of data as servers leave it; "fail" and "hang" are profiles.
LAB = """
import json, os, sys, time
from pathlib import Path
if sys.argv[1] == "clean":
    Path("cleaned").write_text("")
    sys.exit()
given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
for number, server in enumerate(given["--servers"].split(","), 1):
    data = Path(given["--work"]) / "swarm" / f"{server}-{number}"
    data.mkdir(parents=True)
    data.with_name(data.name + ".log").write_text(f"story of {server}")
    with open(data / "film", "wb") as film:
        film.truncate(1 << 30)
        film.write(b"x" * (1 << 20))
        film.flush()
        os.fsync(film.fileno())
    row = {"server": server, "profile": given["--profiles"], "run": 1, "ok": server != "bad", "bytes": 1 << 20}
    with open(given["--out"], "a") as out:
        out.write(json.dumps(row) + "\\n")
    print("one more", file=sys.stderr, flush=True)
if given["--profiles"] == "hang":
    time.sleep(20)
sys.exit("no network" if given["--profiles"] == "fail" else 0)
"""


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        source = self.root / "source"
        for name in swarm.NEEDED:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(LAB if name == "lab.py" else '{"metro": {}}')
        self.lab = swarm.Lab(source, self.root / "lab", self.root / "work", sys.executable)
        self.rows = []

    def run_profile(self, profile, servers=("headwater", "rqbit")):
        self.lab.run(profile, servers, 1, {"headwater.cmd": "x"}, self.rows.append, lambda text: None)

    def test_rows_come_with_what_the_server_has_on_the_disk(self):
        self.run_profile("metro")
        self.assertEqual([row["server"] for row in self.rows], ["headwater", "rqbit"])
        for row in self.rows:
            # A hole of a gigabyte is nothing that was received.
            self.assertAlmostEqual(row["stored_mib"], 1.0, delta=0.1)

    def test_nothing_stays_but_logs_of_failures(self):
        self.run_profile("metro", ("headwater", "bad"))
        self.assertFalse((self.root / "work" / "swarm").exists())
        self.assertTrue((self.root / "lab" / "cleaned").exists())
        self.assertEqual([log.name for log in (self.root / "logs").iterdir()], ["metro-1-bad.log"])

    def test_a_lab_that_fails_is_told_with_its_last_word(self):
        with self.assertRaisesRegex(RuntimeError, "no network"):
            self.run_profile("fail")
        self.assertEqual(len(self.rows), 2)

    def test_an_interruption_ends_the_lab_and_cleans_up(self):
        for kind in interrupts.KINDS:
            self.addCleanup(signal.signal, kind, signal.getsignal(kind))
        interrupts.obey()
        # To the thread that waits for the lab: that is where a terminal's goes, too.
        timer = threading.Timer(0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
        timer.start()
        self.addCleanup(timer.cancel)
        begun = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            self.run_profile("hang")
        self.assertLess(time.monotonic() - begun, 15)
        self.assertTrue((self.root / "lab" / "cleaned").exists())

    def test_our_adapters_lie_beside_those_of_the_lab(self):
        self.assertTrue((self.root / "lab" / "adapters" / "stremio_libtorrent.py").is_file())
        self.assertEqual(list(self.lab.profiles), ["metro"])

    def test_a_folder_that_is_no_lab_is_told_with_what_to_do(self):
        with self.assertRaisesRegex(swarm.NoLab, "--lab names the folder of the streaming lab"):
            swarm.Lab(self.root / "nowhere", self.root / "copy", self.root / "work", sys.executable)
        self.assertFalse((self.root / "copy").exists())
