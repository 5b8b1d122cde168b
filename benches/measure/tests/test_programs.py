"""Which peers are found, and how the warm tests are run, with programs of our own making."""
import contextlib
import json
import os
import signal
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import peers
import warm

# A bench that leaves a server in a process group of its own, as ours does, and tells its number.
CARGO = """#!/usr/bin/env python3
import json, os, subprocess, sys
server = subprocess.Popen(["sleep", "600"], process_group=0)
os.makedirs("target", exist_ok=True)
open("target/server", "w").write(str(server.pid))
if os.path.exists("broken"):
    sys.exit(1)
json.dump({"tmp": os.environ["TMPDIR"], "arguments": sys.argv[1:]}, open("target/warm.json", "w"))
"""


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def program(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path


class Found(InFolder):
    def find(self, name, **given):
        options = {f"{name}.{key}": str(value) for key, value in given.items()}
        return next(peer for peer in peers.find(self.root, options) if peer.name == name)

    def test_a_program_that_was_installed_tells_its_version(self):
        program = self.program("bin/rqbit", "#!/bin/sh\necho rqbit 9.1.0")
        peer = self.find("rqbit")
        self.assertEqual((peer.version, peer.missing), ("rqbit 9.1.0", ""))
        self.assertEqual(peer.options, {"bin": str(program.resolve())})

    def test_a_program_that_was_named_comes_first(self):
        self.program("bin/TorrServer", "#!/bin/sh\necho old")
        named = self.program("other/TorrServer", "#!/bin/sh\necho new")
        self.assertEqual(self.find("torrserver", bin=named).version, "new")

    def test_a_program_that_fails_is_missing_with_its_reason(self):
        self.program("bin/rqbit", "#!/bin/sh\necho no such processor >&2\nexit 1")
        self.assertEqual(self.find("rqbit").missing, "no such processor")

    def test_what_is_not_there_says_how_to_get_it(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.root)}):
            for peer in peers.find(self.root, {}):
                if peer.name != "nginx":
                    self.assertTrue(peer.missing, peer)
                    self.assertEqual(peer.options, {})

    def test_packages_of_node_tell_their_version(self):
        described = self.root / "node" / "node_modules" / "peerflix" / "package.json"
        described.parent.mkdir(parents=True)
        described.write_text(json.dumps({"version": "0.39.0"}))
        self.program("programs/node", "")
        with mock.patch.dict(os.environ, {"PATH": str(self.root / "programs")}):
            self.assertEqual(self.find("peerflix").version, "0.39.0")
            self.assertTrue(self.find("webtorrent").missing)


class Warm(InFolder):
    def run_warm(self):
        self.program("programs/cargo", CARGO)
        path = f"{self.root / 'programs'}:{os.environ['PATH']}"
        with mock.patch.dict(os.environ, {"PATH": path}):
            return warm.run(self.root, self.root / "scratch")

    def tearDown(self):
        server = int((self.root / "target" / "server").read_text())
        with contextlib.suppress(FileNotFoundError):
            state = Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state not in "ZX":
                os.kill(server, signal.SIGKILL)
                self.fail("a server is left behind")

    def test_the_result_is_read_and_nothing_is_left(self):
        said = self.run_warm()
        self.assertEqual(said["arguments"], ["bench", "--locked", "--bench", "warm"])
        self.assertEqual(said["tmp"], str(self.root / "scratch"))
        self.assertFalse((self.root / "scratch").exists())

    def test_a_bench_that_fails_is_told_and_an_old_result_is_not_taken_for_its(self):
        (self.root / "broken").write_text("")
        with self.assertRaisesRegex(RuntimeError, "failed"):
            self.run_warm()
