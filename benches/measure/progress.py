"""How far a measurement is, and how long it will still take."""
import sys
import time

# What one run of a server takes, and the warm tests, before anything is known of this machine, in seconds.
RUN = 25.0
WARM = 240.0


class Progress:
    """Counts runs. What they took so far says what the others will take."""

    def __init__(self, runs, warm, clock=time.monotonic, out=sys.stderr):
        self.total, self.done, self.warm, self.out = runs, 0, warm, out
        self.clock, self.begun, self.spent = clock, clock(), 0.0

    def begin(self):
        """The time from here on belongs to the next run."""
        self.begun = self.clock()

    def finished(self, what):
        """One more run has ended."""
        now = self.clock()
        self.spent, self.begun, self.done = self.spent + now - self.begun, now, self.done + 1
        self.say(f"[{self.done}/{self.total}] {what}; {self.left()}")

    def warm_finished(self):
        self.warm = False
        self.begin()

    def left(self):
        """For people: the time until the end."""
        each = self.spent / self.done if self.done else RUN
        seconds = (self.total - self.done) * each + (WARM if self.warm else 0)
        return f"about {max(1, round(seconds / 60))} min left" if seconds else "nothing left"

    def say(self, text):
        print(text, file=self.out, flush=True)
