"""Where a run tells how far it is: plain lines, or the last line of a terminal."""

from __future__ import annotations

import atexit
import shutil
import threading
from typing import TextIO

WIDTH = 24
"""Of the bar itself, in letters."""


class Plain:
    """A line for each job that ends."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def show(self, share: str, running: list[str], tell: str | None) -> None:
        """Say what ended, if anything, and how far the run is."""
        if tell:
            print(f"[{share}] {tell}", file=self.stream, flush=True)

    def close(self) -> None:
        """Nothing is left behind."""


class Bar(Plain):
    """The same, and below it a line that stays: how far the run is, and what runs now.

    All else scrolls above it, whoever writes it: the terminal is told to leave its last line alone
    (DECSTBM, "set top and bottom margins"), until the run ends.
    """

    def __init__(self, stream: TextIO):
        super().__init__(stream)
        self.lines, self.lock = 0, threading.Lock()
        atexit.register(self.close)

    def show(self, share: str, running: list[str], tell: str | None) -> None:
        with self.lock:
            columns, lines = shutil.get_terminal_size()
            if lines != self.lines:
                self._open(lines)
            if tell:
                self.stream.write(f"[{share}] {tell}\n")
            last = drawn(share, running)[: columns - 1]
            self.stream.write(f"\0337\033[{lines};1H\033[2K{last}\0338")
            self.stream.flush()

    def _open(self, lines: int) -> None:
        """Keep the last of so many lines free of all else."""
        self.lines = lines
        # one line up, should the cursor be in the last one; margins put it at the top
        self.stream.write(f"\n\0337\033[1;{lines - 1}r\0338\033[1A")

    def close(self) -> None:
        """Give the last line back."""
        with self.lock:
            if self.lines:
                self.stream.write(f"\0337\033[r\033[{self.lines};1H\033[2K\0338")
                self.stream.flush()
            self.lines = 0


def drawn(share: str, running: list[str]) -> str:
    """A bar that is as full as "57 of 97, 3 min left" says, and what runs now."""
    done, total = (int(number) for number in share.partition(",")[0].split(" of "))
    full = round(WIDTH * done / max(total, 1))
    now = f" · {'; '.join(running)}" if running else ""
    return f"{'█' * full}{'░' * (WIDTH - full)} {share}{now}"
