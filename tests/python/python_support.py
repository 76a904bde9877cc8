"""What the tests of the Python module share: the repository's networks, a small
synthetic data set, the program beside the module."""

import atexit
import functools
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("EDGE_INT8_PROGRAM", "")
NETWORK = SOURCE / "assets" / "tiny.pth"
# Two networks of windows (4, 20), "teacher" and "student".
TWO_SETS = SOURCE / "tests" / "golden" / "checkpoints" / "distilled.pt"

_folder = tempfile.TemporaryDirectory(prefix="edge_int8_test_")
atexit.register(_folder.cleanup)
FOLDER = pathlib.Path(_folder.name)

need_program = unittest.skipUnless(
    PROGRAM, "EDGE_INT8_PROGRAM does not name the program edge-int8"
)


def run_program(*arguments):
    """What the command line says."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def program_json(*arguments):
    return json.loads(run_program(*arguments, "--json"))


@functools.cache
def data_set():
    """A folder of 20 recordings with 6 windows each."""
    folder = FOLDER / "data"
    run_program(
        "dataset", "synth", "--out", folder, "--files", 20, "--windows", 6
    )
    return folder


@functools.cache
def windows():
    """64 windows like CSI: smooth along time, in [0, 1]."""
    rng = np.random.default_rng(7)
    steps = rng.normal(size=(64, 540, 20)).cumsum(axis=2)
    low, high = steps.min(), steps.max()
    return ((steps - low) / (high - low)).astype(np.float32)


@functools.cache
def small_windows():
    """Of TWO_SETS."""
    return np.random.default_rng(3).random((64, 4, 20), np.float32)


@functools.cache
def quantized():
    """The tiny network in integers, by the quickest recipe."""
    import edge_int8

    return edge_int8.quantize(NETWORK, calibration=windows(), recipe="minmax")
