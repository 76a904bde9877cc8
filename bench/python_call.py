#!/usr/bin/env python3
"""What a call from Python costs beside the run itself (docs/python.md).

    PYTHONPATH=build/python python3 bench/python_call.py [model.ei8]

Times a run in C++ and a call on the same window in turns, so that both see the
same machine, and checks the answer first. Without a model, assets/tiny.pth is
quantized for a few random windows.
"""

import pathlib
import statistics
import sys
import time

import edge_int8
import numpy as np

CALLS = 4000


def median_us(seconds):
    return 1e6 * statistics.median(seconds)


def main():
    if len(sys.argv) > 1:
        model = edge_int8.load(sys.argv[1])
    else:
        tiny = pathlib.Path(__file__).parent.parent / "assets" / "tiny.pth"
        x = np.random.default_rng(1).random((64, 540, 20), np.float32)
        model = edge_int8.quantize(tiny, calibration=x, recipe="minmax")
    x = np.random.default_rng(2).random(model.input_shape, np.float32)
    bytes_ = model.quantize(x)
    np.testing.assert_array_equal(
        model.dequantize(model.run_int(bytes_)), model(x)
    )
    clock = time.perf_counter
    runs, calls, integers, clocks = [], [], [], []
    for _ in range(CALLS):
        runs.append(model._seconds_of_run(x))
        start = clock()
        model(x)
        calls.append(clock() - start)
        start = clock()
        model.run_int(bytes_)
        integers.append(clock() - start)
        start = clock()
        clocks.append(clock() - start)
    empty = median_us(clocks)
    run, call = median_us(runs), median_us(calls) - empty
    print(f"{model!r}, median of {CALLS} windows one at a time, numpy "
          f"{np.__version__}, Python {sys.version.split()[0]}")
    print(f"run in C++       {run:8.2f} us")
    print(f"model(x)         {call:8.2f} us, {call - run:+.2f}")
    print(f"model.run_int(b) {median_us(integers) - empty:8.2f} us")


if __name__ == "__main__":
    main()
