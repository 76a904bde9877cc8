"""Ctrl-C ends long work, notes become warnings."""

import os
import signal
import subprocess
import sys
import time
import unittest
import warnings

import edge_int8
from python_support import (
    SOURCE,
    TWO_SETS,
    quantized,
    small_windows,
    windows,
)

LONG_WORK = """
import sys
import edge_int8, numpy as np
x = np.random.default_rng(1).random((512, 540, 20), np.float32)
print("ready", flush=True)
try:
    while True:
        edge_int8.quantize(sys.argv[1], calibration=x)
except KeyboardInterrupt:
    print("interrupted", flush=True)
# What was interrupted leaves nothing behind.
m = edge_int8.quantize(sys.argv[1], calibration=x[:64], recipe="minmax")
print(m(x[0]).shape, flush=True)
"""


class LongCalls(unittest.TestCase):
    def test_end_by_ctrl_c(self):
        child = subprocess.Popen(
            [sys.executable, "-c", LONG_WORK, SOURCE / "assets" / "tiny.pth"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ,
        )
        try:
            self.assertEqual(child.stdout.readline(), "ready\n")
            time.sleep(1.5)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=120)
        finally:
            child.kill()
        self.assertEqual(out, "interrupted\n(15, 2)\n")
        self.assertEqual(child.returncode, 0)

    def test_leave_signal_handlers_alone(self):
        before = signal.getsignal(signal.SIGINT)
        edge_int8.verify(quantized(), windows=1)
        self.assertIs(signal.getsignal(signal.SIGINT), before)
        with self.assertRaises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    def test_say_notes_as_warnings(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            edge_int8.quantize(TWO_SETS, small_windows(), recipe="minmax")
        notes = [str(warning.message) for warning in caught]
        self.assertTrue(
            any("distilled.pt: holds 2 sets of weights" in n for n in notes),
            notes,
        )
        self.assertEqual({w.category for w in caught}, {UserWarning})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            quantized()(windows()[0])


if __name__ == "__main__":
    unittest.main()
