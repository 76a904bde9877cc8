"""What measure.py needs of a runtime: models to run, and how to run them; how
networks.py and others time and compare.

A runtime's module has `contenders(work, threads)`, a list of these.
"""

import dataclasses
import math
import time
import typing

import numpy as np


def call_times(call, seconds):
    """Seconds that each of the calls took which fit into `seconds`."""
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def floats_of(windows):
    """Windows as the networks take them; bytes are 255ths."""
    if windows.dtype == np.uint8:
        return windows.astype(np.float32) / np.float32(255)
    return windows.astype(np.float32)


def decibels(exact, found):
    """Power of the outputs' variation over that of the error, [n, values]."""
    noise = float(np.square(found - exact).sum())
    signal = float(np.square(exact - exact.mean(0)).sum())
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


@dataclasses.dataclass
class Contender:
    name: str  # unique; a row of the table
    runtime: str
    precision: str  # 'fp32' or 'int8'
    settings: str = ''
    version: str = ''
    path: str = ''  # the model's file
    # session(batch) -> (input array to fill, call, output array or function)
    session: typing.Optional[typing.Callable] = None
    reason: str = ''  # why it can't be had; then session is None


class Runner:
    """One contender at one batch size, in this process."""

    def __init__(self, contender, batch):
        self.batch = batch
        self.fill, self.call, self.result = contender.session(batch)

    def poses(self, windows):
        """Poses of all windows; the last batch is filled up with zeros."""
        found = []
        for first in range(0, len(windows), self.batch):
            some = windows[first:first + self.batch]
            full = np.zeros((self.batch, 540, 20), np.float32)
            full[:len(some)] = some
            self.fill(full)
            self.call()
            found.append(np.array(self.result()).reshape(-1, 15, 2)[:len(some)])
        return np.concatenate(found).astype(np.float32)

    def milliseconds_per_window(self, seconds):
        """Of calls made for `seconds`, inputs and outputs bound."""
        times = call_times(self.call, seconds)
        return {f'p{p}': float(1000 * np.percentile(times, p) / self.batch)
                for p in (50, 90, 99)}


def missing(name, runtime, precision, error):
    text = str(error).strip().splitlines()
    return Contender(name, runtime, precision,
                     reason=(text[0] if text else type(error).__name__)[:160])
