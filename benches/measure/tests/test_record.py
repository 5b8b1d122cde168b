"""Results survive, are continued, and are not mixed up."""
import tempfile
import unittest
from pathlib import Path

import record
import sample
from progress import Progress
from record import Record

FACTS = {"program": {"version": "1", "sha256": "a"}, "machine": {"cores": 2}, "lab": "l", "peers": {}}


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "out" / "results.json"

    def with_rows(self, rows):
        kept = Record.new(self.path, FACTS)
        for row in rows:
            kept.add_row(row)
        return kept

    def test_every_row_is_on_the_disk_at_once(self):
        self.with_rows(sample.rows(runs=1))
        self.assertEqual(record.read(self.path)["rows"], sample.rows(runs=1))

    def test_a_measurement_goes_on_with_what_is_there(self):
        self.with_rows(sample.rows(runs=1)).add_warm(sample.WARM)
        kept = Record.resume(self.path, FACTS)
        self.assertEqual(len(kept.data["rows"]), 3)
        self.assertEqual(kept.data["warm"], sample.WARM)

    def test_a_measurement_without_a_beginning_begins(self):
        self.assertEqual(Record.resume(self.path, FACTS).data["rows"], [])

    def test_results_of_another_program_are_not_continued(self):
        self.with_rows(sample.rows(runs=1))
        for key in record.SAME:
            with self.assertRaises(record.Different):
                Record.resume(self.path, {**FACTS, key: "another"})

    def test_a_part_that_was_left_out_may_be_added(self):
        Record.new(self.path, {**FACTS, "lab": None}).save()
        self.assertEqual(Record.resume(self.path, FACTS).data["lab"], "l")
        self.with_rows([])
        Record.resume(self.path, {**FACTS, "lab": None})

    def test_beginning_anew_keeps_the_results_of_before(self):
        self.with_rows(sample.rows(runs=1))
        Record.new(self.path, FACTS).save()
        self.assertEqual(len(record.read(self.path.with_suffix(".previous.json"))["rows"]), 3)

    def test_a_profile_is_complete_when_everybody_had_every_run(self):
        kept = self.with_rows(sample.rows(runs=2))
        self.assertTrue(kept.is_complete("metro", ["headwater", "peerflix"], 2))
        self.assertFalse(kept.is_complete("metro", ["headwater", "peerflix"], 3))
        self.assertFalse(kept.is_complete("metro", ["headwater", "rqbit"], 2))
        kept.forget("metro")
        self.assertFalse(kept.is_complete("metro", ["headwater"], 1))

    def test_a_file_of_something_else_is_refused(self):
        self.path.parent.mkdir()
        for text in ("[]", '{"schema": 0}', "not JSON"):
            self.path.write_text(text)
            with self.assertRaises(ValueError):
                record.read(self.path)

    def test_a_fingerprint_knows_names_and_contents(self):
        self.path.parent.mkdir()
        one, two = self.path.with_name("one"), self.path.with_name("two")
        prints = set()
        for text, file in (("a", one), ("b", one), ("a", two)):
            file.write_text(text)
            prints.add(record.fingerprint([file]))
        self.assertEqual(len(prints), 3)


class Left(unittest.TestCase):
    def test_the_time_that_is_left_is_told_by_the_runs_so_far(self):
        now, said = [0.0], []
        progress = Progress(10, warm=True, clock=lambda: now[0])
        progress.say = said.append
        self.assertEqual(progress.left(), "about 8 min left")
        now[0] = 500.0
        progress.warm_finished()
        for _ in range(5):
            now[0] += 60
            progress.finished("run")
        self.assertEqual(said[-1], "[5/10] run; about 5 min left")
        for _ in range(5):
            progress.finished("run")
        self.assertTrue(said[-1].endswith("nothing left"))
