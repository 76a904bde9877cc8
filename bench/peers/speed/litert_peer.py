"""LiteRT (TensorFlow Lite) with XNNPACK: the same ONNX through TensorFlow's
converter (onnx_to_tflite.py), as float and by its full-integer quantizer.
"""

import os
import subprocess

import numpy as np
from contender import Contender, missing

RUNTIME = 'LiteRT'


def session_of(folder, kind, threads):
    from ai_edge_litert.interpreter import Interpreter

    def make(batch):
        path = os.path.join(folder, f'{kind}_{batch}.tflite')
        interpreter = Interpreter(path, num_threads=threads)
        interpreter.allocate_tensors()
        source = interpreter.get_input_details()[0]['index']
        target = interpreter.get_output_details()[0]['index']

        def fill(windows):
            interpreter.set_tensor(source, windows)

        fill(np.zeros((batch, 540, 20), np.float32))
        return fill, interpreter.invoke, lambda: interpreter.get_tensor(target)
    return make


def convert(work, folder, python, batch):
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(
        [python, os.path.join(here, 'onnx_to_tflite.py'),
         os.path.join(work, 'model.onnx'),
         os.path.join(work, 'calibration.npy'), folder, str(batch)],
        check=True, capture_output=True, text=True)


def contenders(work, threads, python, batches):
    """`python` has TensorFlow, which only converts."""
    rows = []
    try:
        import importlib.metadata
        import ai_edge_litert  # noqa: F401
        version = importlib.metadata.version('ai-edge-litert')
        folder = os.path.join(work, 'litert')
        for batch in batches:
            if not os.path.exists(os.path.join(folder, f'int8_{batch}.tflite')):
                convert(work, folder, python, batch)
    except Exception as error:  # noqa: BLE001: any failure is a row
        lines = str(getattr(error, 'stderr', '') or error).strip().splitlines()
        reason = lines[-1] if lines else type(error).__name__
        return [missing(f'{RUNTIME} fp32', RUNTIME, 'fp32', reason),
                missing(f'{RUNTIME} int8', RUNTIME, 'int8', reason)]
    for precision, kind, settings in (
            ('fp32', 'float32', 'XNNPACK'),
            ('int8', 'int8', 'full-integer PTQ, per channel, XNNPACK')):
        rows.append(Contender(
            f'{RUNTIME} {precision}', RUNTIME, precision, settings, version,
            os.path.join(folder, f'{kind}_{batches[0]}.tflite'),
            session_of(folder, kind, threads)))
    return rows
