"""OpenVINO on the CPU: the float model, and int8 by NNCF's post-training
quantization under both of its presets.
"""

import os

import numpy as np
from contender import Contender, missing

RUNTIME = 'OpenVINO'
PRESETS = ('performance', 'mixed')


def session_of(path, threads, precision):
    import openvino as ov

    def make(batch):
        core = ov.Core()
        model = core.read_model(path)
        model.reshape([batch, 540, 20])
        compiled = core.compile_model(model, 'CPU', {
            'INFERENCE_NUM_THREADS': threads, 'NUM_STREAMS': 1,
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_PRECISION_HINT': precision})
        request = compiled.create_infer_request()
        windows = np.zeros((batch, 540, 20), np.float32)
        request.set_input_tensor(ov.Tensor(windows, shared_memory=True))
        return (lambda x: np.copyto(windows, x), request.infer,
                lambda: request.get_output_tensor().data)
    return make


def quantize(work, preset, path):
    import nncf
    import openvino as ov
    windows = np.load(os.path.join(work, 'calibration.npy'))
    model = ov.Core().read_model(os.path.join(work, 'model.onnx'))
    model.reshape([1, 540, 20])
    quantized = nncf.quantize(
        model, nncf.Dataset([w[None] for w in windows]),
        preset=nncf.QuantizationPreset(preset), subset_size=len(windows))
    ov.save_model(quantized, path, compress_to_fp16=False)


def contenders(work, threads):
    try:
        import openvino as ov
        version = ov.__version__.split('-')[0]
    except ImportError as error:
        return [missing(f'{RUNTIME} fp32', RUNTIME, 'fp32', error),
                missing(f'{RUNTIME} int8', RUNTIME, 'int8', error)]
    path = os.path.join(work, 'model.onnx')
    rows = [Contender(f'{RUNTIME} fp32', RUNTIME, 'fp32', 'latency hint, f32',
                      version, path, session_of(path, threads, 'f32')),
            Contender(f'{RUNTIME} bf16', RUNTIME, 'bf16',
                      'latency hint, bf16 where the CPU has it', version, path,
                      session_of(path, threads, 'bf16'))]
    for preset in PRESETS:
        name = f'{RUNTIME} int8 {preset}'
        path = os.path.join(work, f'openvino_{preset}.xml')
        try:
            if not os.path.exists(path):
                quantize(work, preset, path)
            rows.append(Contender(
                name, RUNTIME, 'int8', f'NNCF PTQ, preset {preset}', version,
                path.replace('.xml', '.bin'),
                session_of(path, threads, 'f32')))
        except Exception as error:  # noqa: BLE001: any failure is a row
            rows.append(missing(name, RUNTIME, 'int8', error))
    return rows
