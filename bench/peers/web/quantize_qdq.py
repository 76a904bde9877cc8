"""ONNX Runtime's own int8 model (QDQ, per channel, all operators) of a float ONNX
file, as ../speed makes it, calibrated on the first 128 windows.

    quantize_qdq.py MODEL.onnx CALIBRATION.npy OUT.onnx

Calibration windows are floats, or bytes, which are 255ths.
"""

import os
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'speed'))
from contender import floats_of  # noqa: E402
from onnxruntime_peer import open_session, prepare, quantize  # noqa: E402


def main():
    model, calibration, out = sys.argv[1:]
    windows = floats_of(np.load(calibration, mmap_mode='r')[:128])
    shape = [d if isinstance(d, int) and d > 0 else 1
             for d in open_session(model, 1).get_inputs()[0].shape]
    with tempfile.TemporaryDirectory() as folder:
        prepared = os.path.join(folder, 'prepared.onnx')
        chosen = os.path.join(folder, 'windows.npy')
        np.save(chosen, windows.reshape(len(windows), *shape[1:]))
        prepare(model, prepared)
        quantize(prepared, chosen, out, 'U8S8', 'all', 1)


if __name__ == '__main__':
    main()
