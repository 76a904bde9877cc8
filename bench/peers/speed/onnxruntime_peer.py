"""ONNX Runtime: the float model, and int8 by its own static quantizer.

Per-channel weights, activations as U8 or S8, convolutions only or every operator
it knows, all in the QDQ format after its own pre-processing.
"""

import os

import numpy as np
from contender import Contender, floats_of, missing

RUNTIME = 'ONNX Runtime'
INT8 = [(activation, scope) for activation in ('U8S8', 'S8S8')
        for scope in ('conv', 'all')]


def open_session(path, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = (
        ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
    options.log_severity_level = 3
    return ort.InferenceSession(path, options,
                                providers=['CPUExecutionProvider'])


def session_of(path, threads):
    import onnxruntime as ort

    def make(batch):
        session = open_session(path, threads)
        windows = np.zeros((batch, 540, 20), np.float32)
        value = ort.OrtValue.ortvalue_from_numpy(windows)
        poses = ort.OrtValue.ortvalue_from_numpy(
            np.zeros((batch, 15, 2), np.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input(session.get_inputs()[0].name, value)
        binding.bind_ortvalue_output(session.get_outputs()[0].name, poses)
        return (value.update_inplace,
                lambda: session.run_with_iobinding(binding),
                lambda: poses.numpy())
    return make


def prepare(model, prepared):
    """ONNX Runtime's own graph clean-up, which its quantizer wants first."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    if not os.path.exists(prepared):
        quant_pre_process(model, prepared)


def quantize(prepared, windows, path, activation, scope, batch=64):
    """Writes `path`, calibrated by min and max on windows.npy."""
    import onnx
    from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                          QuantType, quantize_static)

    name = onnx.load(prepared, load_external_data=False).graph.input[0].name

    class Windows(CalibrationDataReader):
        def __init__(self):
            self.windows = np.load(windows, mmap_mode='r')
            self.next_window = 0

        def get_next(self):
            first = self.next_window
            self.next_window += batch
            some = floats_of(self.windows[first:first + batch])
            return {name: some} if len(some) else None

    quantize_static(
        prepared, path, Windows(), quant_format=QuantFormat.QDQ,
        per_channel=True, weight_type=QuantType.QInt8,
        activation_type=(QuantType.QUInt8 if activation == 'U8S8'
                         else QuantType.QInt8),
        op_types_to_quantize=['Conv'] if scope == 'conv' else None)


def contenders(work, threads):
    try:
        import onnxruntime as ort
    except ImportError as error:
        return [missing(f'{RUNTIME} fp32', RUNTIME, 'fp32', error),
                missing(f'{RUNTIME} int8', RUNTIME, 'int8', error)]
    path = os.path.join(work, 'model.onnx')
    rows = [Contender(f'{RUNTIME} fp32', RUNTIME, 'fp32', 'all optimizations',
                      ort.__version__, path, session_of(path, threads))]
    for activation, scope in INT8:
        name = f'{RUNTIME} int8 {activation} {scope}'
        path = os.path.join(work, f'ort_{activation}_{scope}.onnx')
        try:
            if not os.path.exists(path):
                prepared = os.path.join(work, 'prepared.onnx')
                prepare(os.path.join(work, 'model.onnx'), prepared)
                quantize(prepared, os.path.join(work, 'calibration.npy'), path,
                         activation, scope)
            rows.append(Contender(
                name, RUNTIME, 'int8',
                f'static QDQ, per channel, {activation}, min-max, '
                + ('Conv only' if scope == 'conv' else 'all operators'),
                ort.__version__, path, session_of(path, threads)))
        except Exception as error:  # noqa: BLE001: any failure is a row
            rows.append(missing(name, RUNTIME, 'int8', error))
    return rows
