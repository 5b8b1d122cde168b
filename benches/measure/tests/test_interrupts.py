"""Nothing is left half in order by an impatient Ctrl-C."""
import signal
import unittest

import interrupts


class Held(unittest.TestCase):
    def setUp(self):
        for kind in interrupts.KINDS:
            self.addCleanup(signal.signal, kind, signal.getsignal(kind))
        interrupts.obey()

    def test_both_signals_interrupt(self):
        for kind in interrupts.KINDS:
            with self.assertRaises(KeyboardInterrupt):
                signal.raise_signal(kind)

    def test_what_is_put_in_order_is_finished_first(self):
        done = []
        with self.assertRaises(KeyboardInterrupt):
            with interrupts.held():
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGTERM)
                done.append("order")
        self.assertEqual(done, ["order"])

    def test_nothing_came_and_nothing_is_raised(self):
        with interrupts.held():
            pass
        with self.assertRaises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
