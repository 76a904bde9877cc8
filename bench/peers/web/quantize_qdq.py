"""ONNX Runtime's own int8 model (QDQ, per channel) of a float ONNX file.

    quantize_qdq.py MODEL.onnx CALIBRATION.npy OUT.onnx

Calibration windows are floats, or bytes, which are 255ths.
"""

import sys
import tempfile

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                      QuantType, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process


class Windows(CalibrationDataReader):
    """The first 128 windows, one at a time."""

    def __init__(self, name, shape, file):
        windows = np.load(file, mmap_mode='r')[:128]
        if windows.dtype == np.uint8:
            windows = windows.astype(np.float32) / np.float32(255)
        self.name, self.shape = name, shape
        self.windows = iter(windows.astype(np.float32))

    def get_next(self):
        window = next(self.windows, None)
        return None if window is None else {
            self.name: np.ascontiguousarray(window).reshape(self.shape)}


def main():
    model, calibration, out = sys.argv[1:]
    value = ort.InferenceSession(
        model, providers=['CPUExecutionProvider']).get_inputs()[0]
    shape = [d if isinstance(d, int) and d > 0 else 1 for d in value.shape]
    with tempfile.NamedTemporaryFile(suffix='.onnx') as prepared:
        quant_pre_process(model, prepared.name)
        quantize_static(
            prepared.name, out, Windows(value.name, shape, calibration),
            quant_format=QuantFormat.QDQ, per_channel=True,
            weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8)


if __name__ == '__main__':
    main()
