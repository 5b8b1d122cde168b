"""What medians and ratios say of runs that went well, badly, or nowhere."""
import math
import unittest

import figures
import sample


class Ratios(unittest.TestCase):
    def test_a_ratio_is_to_the_best_peer_of_the_same_run(self):
        line = figures.compare(sample.rows(), "metro", "ttfb_ms")
        self.assertEqual((line["peer"], line["best"], line["ours"]), ("peerflix", 400.0, 103.0))
        self.assertAlmostEqual(line["ratio"], 103 / 400)
        self.assertEqual(line["spread"], [101 / 400, 105 / 400])

    def test_more_is_better_for_rates(self):
        line = figures.compare(sample.rows(), "metro", "sustained_mib_s", more_is_better=True)
        self.assertEqual(line["peer"], "webtorrent")
        self.assertAlmostEqual(line["ratio"], 16 / 22)

    def test_each_seek_is_compared_with_the_seek_to_the_same_place(self):
        rows = sample.rows(runs=1, ours={"seek_ms": [100.0, 110.0, 480.0]})
        line = figures.compare(rows, "metro", "seek_ms")
        self.assertEqual((line["runs"], line["ratio"], line["spread"]), (3, 0.5, [0.5, 2.0]))

    def test_other_profiles_do_not_count(self):
        line = figures.compare(sample.rows("thin") + sample.rows(), "thin", "ttfb_ms")
        self.assertEqual(line["runs"], 5)

    def test_without_a_peer_there_is_a_figure_and_no_ratio(self):
        rows = [row for row in sample.rows() if row["server"] == "headwater"]
        line = figures.compare(rows, "metro", "ttfb_ms")
        self.assertEqual((line["ours"], line["peer"], line["ratio"], line["spread"]), (103.0, None, None, None))


class Lost(unittest.TestCase):
    def test_a_peer_that_mostly_gives_no_byte_is_not_the_best(self):
        rows = sample.rows()
        for row in rows:
            if row["server"] == "peerflix":
                row["ttfb_ms"] = 1.0 if row["run"] == 1 else None
        line = figures.compare(rows, "metro", "ttfb_ms")
        self.assertEqual(line["peer"], "webtorrent")
        self.assertEqual((line["all"]["peerflix"]["median"], line["all"]["peerflix"]["lost"]), (None, 4))

    def test_our_lost_runs_are_worse_than_any_ratio(self):
        rows = sample.rows()
        for row in rows:
            if row["server"] == "headwater" and row["run"] > 2:
                row["ttfb_ms"] = None
        line = figures.compare(rows, "metro", "ttfb_ms")
        self.assertIsNone(line["ours"])
        self.assertIsNone(line["ratio"])
        self.assertEqual(line["spread"], [101 / 400, None])

    def test_a_lost_rate_is_less_than_any(self):
        self.assertEqual(figures.samples({"sustained_mib_s": None}, "sustained_mib_s", True), [-math.inf])
        self.assertEqual(figures.ratios({1: -math.inf}, {1: 5.0}), [0.0])
        self.assertEqual(figures.ratios({1: 5.0}, {1: -math.inf}), [math.inf])

    def test_a_run_without_seeks_has_lost_all_three(self):
        self.assertEqual(figures.samples({}, "seek_ms"), [math.inf] * 3)

    def test_where_both_are_lost_nothing_is_compared(self):
        self.assertEqual(figures.ratios({1: math.inf, 2: math.inf}, {1: math.inf, 2: 4.0}), [math.inf])

    def test_a_rate_above_the_line_says_nothing(self):
        cached = sample.row("rqbit", "metro", 1, sustained_mib_s=80.0)
        self.assertEqual(figures.samples(cached, "sustained_mib_s", True), [])


class Waste(unittest.TestCase):
    def test_waste_is_what_came_in_and_was_not_kept(self):
        kept = 100 * figures.PAYLOAD_SHARE
        self.assertAlmostEqual(figures.waste({"net_rx_mib": 100.0, "stored_mib": kept}), 0.0)
        self.assertAlmostEqual(figures.waste({"net_rx_mib": 100.0, "stored_mib": kept * 0.9}), 10.0)

    def test_waste_is_never_less_than_nothing(self):
        self.assertEqual(figures.waste({"net_rx_mib": 100.0, "stored_mib": 99.0}), 0.0)

    def test_a_server_that_keeps_bytes_in_memory_has_no_figure(self):
        line = figures.compare([sample.row("headwater", "metro", 1, stored_mib=None)], "metro", "waste_pct")
        self.assertEqual((line["ours"], line["all"]["headwater"]["lost"]), (None, 0))

    def test_a_run_that_failed_tells_nothing_of_memory_and_waste(self):
        failed = sample.row("headwater", "metro", 1, ok=False)
        self.assertEqual((figures.samples(failed, "waste_pct"), figures.samples(failed, "peak_rss_mb")), ([], []))
