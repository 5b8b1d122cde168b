"""Which targets are met, and by how much the others are not."""
import unittest

import sample
import verdicts

TARGETS = verdicts.read_targets()


def verdict(record, where, name):
    found = [line for line in verdicts.judge_all(record, TARGETS) if (line["where"], line["name"]) == (where, name)]
    return found[0]


class Cold(unittest.TestCase):
    def test_half_of_the_best_peer_is_met(self):
        line = verdict(sample.record(), "metro", "first byte")
        self.assertEqual(line["verdict"], verdicts.MET)
        self.assertEqual(line["target"], "<= 0.5x peerflix or <= 117 ms")

    def test_the_floor_allows_more_where_peers_are_quick(self):
        # Peers need 120 ms and the floor is 90: half of the peer would be below what is possible.
        rows = sample.rows(ours={"ttfb_ms": 116.0})
        for row in rows:
            if row["server"] != "headwater":
                row["ttfb_ms"] = 120.0
        line = verdict(sample.record(rows), "metro", "first byte")
        self.assertEqual(line["verdict"], verdicts.MET)
        self.assertAlmostEqual(line["over"], 116 / 117)

    def test_what_is_missed_tells_by_how_much_the_easier_condition_is(self):
        line = verdict(sample.record(sample.rows(ours={"ttfb_ms": 300.0})), "metro", "first byte")
        self.assertEqual(line["verdict"], verdicts.MISSED)
        self.assertAlmostEqual(line["over"], 0.75 / 0.5)

    def test_a_rate_below_the_best_peer_is_missed(self):
        line = verdict(sample.record(), "metro", "sustained")
        self.assertEqual(line["verdict"], verdicts.MISSED)
        self.assertAlmostEqual(line["over"], 22 / 16)

    def test_no_byte_at_all_is_missed(self):
        line = verdict(sample.record(sample.rows(ours={"ttfb_ms": None})), "metro", "first byte")
        self.assertEqual((line["verdict"], line["over"]), (verdicts.MISSED, None))

    def test_a_limit_of_one_profile_holds_there_alone(self):
        rows = sample.rows("thin", ours={"tail_64k_ms": 1500.0}) + sample.rows("metro", ours={"tail_64k_ms": 1500.0})
        thin = verdict(sample.record(rows), "thin", "last 64 KiB")
        self.assertEqual((thin["verdict"], thin["over"]), (verdicts.MISSED, 1.5))
        self.assertEqual(verdict(sample.record(rows), "metro", "last 64 KiB")["verdict"], verdicts.NO_TARGET)

    def test_wasted_bytes_have_a_limit(self):
        self.assertEqual(verdict(sample.record(), "metro", "wasted")["verdict"], verdicts.MET)
        rows = sample.rows(ours={"stored_mib": 80.0})
        self.assertEqual(verdict(sample.record(rows), "metro", "wasted")["verdict"], verdicts.MISSED)

    def test_only_cached_rates_are_no_figure_and_no_success(self):
        line = verdict(sample.record(sample.rows(ours={"sustained_mib_s": 90.0})), "metro", "sustained")
        self.assertEqual(line["verdict"], verdicts.NO_FIGURE)

    def test_without_a_peer_only_the_floor_decides(self):
        rows = [row for row in sample.rows() if row["server"] == "headwater"]
        self.assertEqual(verdict(sample.record(rows), "metro", "first byte")["verdict"], verdicts.MET)
        self.assertEqual(verdict(sample.record(rows), "metro", "sustained")["verdict"], verdicts.NO_FIGURE)


class Warm(unittest.TestCase):
    def test_throughput_and_latency_beside_nginx(self):
        record = sample.record([])
        self.assertEqual(verdict(record, "64 x 1 MiB", "64 x 1 MiB, throughput")["verdict"], verdicts.MET)
        self.assertEqual(verdict(record, "64 x 1 MiB", "64 x 1 MiB, p99")["verdict"], verdicts.MET)
        self.assertEqual(verdict(record, "one stream", "one stream, throughput")["verdict"], verdicts.MET)

    def test_more_processor_time_than_allowed_is_missed(self):
        line = verdict(sample.record([]), "64 x 1 MiB", "64 x 1 MiB, CPU per GiB")
        self.assertEqual(line["verdict"], verdicts.MISSED)
        self.assertAlmostEqual(line["over"], 1.2 / 1.1)

    def test_memory_and_stalls_have_limits(self):
        record = sample.record([])
        self.assertEqual(verdict(record, "idle", "idle memory")["verdict"], verdicts.MET)
        record["warm"]["viewers_1000"]["stall ms"] = [900.0, 15.0]
        self.assertEqual(verdict(record, "1000 viewers", "1,000 viewers, longest stall")["verdict"], verdicts.MISSED)

    def test_what_was_not_measured_has_no_figure(self):
        record = sample.record([])
        del record["warm"]["works"]["64 x 1 MiB"]["p99 ms"]
        self.assertEqual(verdict(record, "64 x 1 MiB", "64 x 1 MiB, p99")["verdict"], verdicts.NO_FIGURE)


class Data(unittest.TestCase):
    def test_every_value_has_a_unit_and_every_profile_of_the_lab_a_floor(self):
        for target in TARGETS["cold"] + TARGETS["warm"]:
            self.assertIn(target["value"], TARGETS["units"])
        self.assertEqual(len(TARGETS["floors_ms"]), 10)
