"""The pictures are well-formed, hold every server, and know light and dark."""
import re
import unittest
from xml.etree import ElementTree

import charts
import sample
import verdicts

TARGETS = verdicts.read_targets()
SVG = "{http://www.w3.org/2000/svg}"


class Charts(unittest.TestCase):
    def setUp(self):
        rows = sample.rows() + sample.rows("thin", ours={"ttfb_ms": None})
        self.drawn = charts.draw(sample.record(rows), TARGETS)

    def test_there_is_one_for_each_question(self):
        self.assertEqual(sorted(self.drawn), ["first-byte.svg", "seek.svg", "warm.svg"])

    def test_each_is_well_formed_and_inside_its_frame(self):
        for name, text in self.drawn.items():
            root = ElementTree.fromstring(text)
            width, height = (float(root.get(key)) for key in ("width", "height"))
            for part in root.iter():
                for key, limit in (("x", width), ("cx", width), ("x1", width), ("x2", width), ("y", height),
                                   ("cy", height), ("y1", height), ("y2", height)):
                    if part.get(key):
                        self.assertTrue(0 <= float(part.get(key)) <= limit, f"{name}: {part.tag} {part.attrib}")

    def test_a_dot_stands_for_each_median_and_none_for_a_lost_one(self):
        titles = [part.text for part in ElementTree.fromstring(self.drawn["first-byte.svg"]).iter(SVG + "title")]
        self.assertEqual(sum(text.startswith("headwater") for text in titles), 1)
        self.assertEqual(sum(text.startswith("peerflix") for text in titles), 2)

    def test_better_is_further_left(self):
        root = ElementTree.fromstring(self.drawn["first-byte.svg"])
        dots = {part[0].text: float(part.get("cx")) for part in root.iter(SVG + "circle") if len(part)}
        self.assertLess(dots["headwater: 103 ms"], dots["peerflix: 400 ms"])
        self.assertLess(dots["peerflix: 400 ms"], dots["webtorrent: 500 ms"])

    def test_colours_change_with_the_page(self):
        for text in self.drawn.values():
            self.assertIn("@media (prefers-color-scheme:dark)", text)
            used = set(re.findall(r"class='([sl]-\w+)'", text))
            for name in used:
                self.assertEqual(text.count(f".{name}{{"), 2, name)

    def test_without_results_there_are_none(self):
        self.assertEqual(charts.draw(sample.record([], warm=None), TARGETS), {})
