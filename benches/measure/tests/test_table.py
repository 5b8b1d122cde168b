"""What people read."""
import unittest

import sample
import table
import verdicts

TARGETS = verdicts.read_targets()


class Table(unittest.TestCase):
    def text(self, record):
        return table.whole(record, TARGETS)

    def test_a_cell_has_ratio_spread_peer_and_mark(self):
        line = next(line for line in self.text(sample.record()).splitlines() if line.startswith("| metro"))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        self.assertEqual(cells[1], "0.26 [0.25 to 0.26] peerflix ✓")
        self.assertEqual(cells[5], "0.73 [0.73 to 0.73] webtorrent ✗ x1.38")

    def test_rows_of_a_table_are_of_one_length(self):
        tables = [part for part in self.text(sample.record()).split("\n\n") if part.startswith("|")]
        self.assertEqual(len(tables), 3)
        for part in tables:
            self.assertEqual(len({line.count("|") for line in part.splitlines()}), 1)

    def test_what_is_missed_is_told_with_its_figures(self):
        text = self.text(sample.record())
        self.assertIn("- missed: metro, sustained: 16.0 MiB/s, webtorrent 22.0 MiB/s; allowed >= 1x webtorrent; "
                      "1.38 times that", text)
        self.assertIn("- missed: 64 x 1 MiB, CPU per GiB", text)

    def test_targets_are_counted(self):
        # Of 5 cold targets two are missed, of 7 warm ones one.
        self.assertIn("9 of 12 targets met, 0 without a figure", self.text(sample.record()))

    def test_few_runs_failures_and_absent_peers_are_named(self):
        rows = sample.rows(runs=2, ours={"ok": False})
        text = self.text(sample.record(rows))
        self.assertIn("some medians are of 2 only", text)
        self.assertIn("headwater in metro #1", text)
        self.assertIn("torrserver (name its program)", text)

    def test_lost_values_are_shown(self):
        text = self.text(sample.record(sample.rows(ours={"ttfb_ms": None})))
        self.assertIn("- (5 lost)", text)
        self.assertIn("missed: metro, first byte: -", text)

    def test_nothing_measured_is_said_without_a_table(self):
        text = self.text(sample.record([], warm=None))
        self.assertTrue(text.startswith("0 of 0 targets met"), text)
