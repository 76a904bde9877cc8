"""MLPerf Tiny's reference networks through this program; mlperf_tiny.sh starts it.

Keyword spotting is scored on EEMBC's 1,000 public samples. There is no other set
to calibrate on, so it is done twice: calibrated on one half without its labels and
scored on the other, so that no sample is scored by a model that has seen it. The
other networks have no samples in the two repositories: they are calibrated and
compared on noise of their input's range, which says that they are read and computed
right, and nothing about their accuracy.
"""

import argparse
import csv
import json
import os
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'speed'))
from contender import decibels  # noqa: E402

TRAINING = 'benchmark/training'
# Name, .tflite below TRAINING, the range of its inputs.
NETWORKS = [
    ('keyword spotting',
     'keyword_spotting/trained_models/kws_ref_model_float32.tflite', None),
    ('image classification',
     'image_classification/trained_models/pretrainedResnet.tflite', (0, 255)),
    ('anomaly detection',
     'anomaly_detection/trained_models/ad01_fp32.tflite', (-40, 10)),
    ('visual wake words',
     'visual_wake_words/trained_models/vww_96_float.tflite', (0, 1)),
]
# Input of the reference int8 model, in which the samples are stored.
KEYWORD_SCALE, KEYWORD_ZERO = 0.5847029089927673, 83


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"mlperf_tiny: {' '.join(words)}\n{done.stderr[-600:]}")
    return done.stdout


def to_onnx(tflite, path):
    if not os.path.exists(path):
        run(sys.executable, '-m', 'tf2onnx.convert', '--tflite', tflite,
            '--output', path, '--opset', '17')


def input_shape(path):
    import onnx
    dims = onnx.load(path).graph.input[0].type.tensor_type.shape.dim
    return [d.dim_value for d in dims][1:]


def keywords(energyrunner):
    folder = os.path.join(energyrunner, 'datasets', 'kws01')
    with open(os.path.join(folder, 'y_labels.csv')) as rows:
        rows = list(csv.reader(rows))
    codes = np.stack([np.fromfile(os.path.join(folder, r[0]), dtype=np.int8)
                      for r in rows]).astype(np.float32)
    x = (codes - KEYWORD_ZERO) * np.float32(KEYWORD_SCALE)
    return (x.reshape(-1, 49, 10, 1).astype(np.float32),
            np.array([int(r[2]) for r in rows]))


class Network:
    """One network and its files in the work folder."""

    def __init__(self, args, name, tflite):
        self.args, self.name = args, name
        self.base = os.path.join(args.work, name.replace(' ', '_'))
        self.model = self.base + '.onnx'
        to_onnx(tflite, self.model)

    def save(self, suffix, array):
        path = f'{self.base}_{suffix}.npy'
        np.save(path, array)
        return path

    def quantize(self, suffix, windows):
        artifact = f'{self.base}_{suffix}.ei8'
        run(self.args.program, 'quantize', '--checkpoint', self.model,
            '--calibration', self.save(suffix, windows), '--out', artifact,
            '--force')
        run(self.args.program, 'verify', '--model', artifact)
        return artifact

    def outputs(self, model, windows):
        out = self.base + '_out.npy'
        run(self.args.program, 'predict', '--model', model, '--input',
            self.save('in', windows), '--output', out, '--force')
        found = np.load(out)
        return found.reshape(len(found), -1)

    def row(self, artifact, exact, found):
        latency = json.loads(run(self.args.program, 'latency', '--model',
                                 artifact, '--threads', '1', '--json'))
        return {'name': self.name, 'bytes': os.path.getsize(artifact),
                'snr_db': decibels(exact, found),
                'p50_ms': latency['p50_ms'], 'isa': latency['isa'],
                'cortex-m4': self.instructions(artifact)}

    def instructions(self, artifact):
        folder = self.base + '_c'
        run(self.args.program, 'export', 'c', '--model', artifact, '--target',
            'cortex-m4', '--out', folder, '--force')
        done = subprocess.run([self.args.targets, 'cortex-m4', folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            return {'reason': (done.stderr or done.stdout).strip()[-120:]}
        return dict(word.split('=', 1) for word in done.stdout.split())


def score_keywords(network, energyrunner):
    x, y = keywords(energyrunner)
    exact = network.outputs(network.model, x)
    found = np.empty_like(exact)
    for fold in (0, 1):
        artifact = network.quantize(f'fold{fold}', x[fold::2])
        found[1 - fold::2] = network.outputs(artifact, x[1 - fold::2])
    row = network.row(artifact, exact, found)
    row['top1_float'] = float((exact.argmax(1) == y).mean())
    row['top1'] = float((found.argmax(1) == y).mean())
    return row


def compare_on_noise(network, low, high):
    rng = np.random.default_rng(1)
    shape = [192, *input_shape(network.model)]
    x = rng.uniform(low, high, shape).astype(np.float32)
    artifact = network.quantize('noise', x[:128])
    return network.row(artifact, network.outputs(network.model, x[128:]),
                       network.outputs(artifact, x[128:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for flag in ('tiny', 'energyrunner', 'program', 'work', 'targets'):
        parser.add_argument('--' + flag, required=True)
    args = parser.parse_args()
    rows = []
    for name, tflite, span in NETWORKS:
        path = os.path.join(args.tiny, TRAINING, tflite)
        if not os.path.exists(path):
            print(f'mlperf_tiny: {name} is left out: no {path}',
                  file=sys.stderr)
            continue
        print(f'mlperf_tiny: {name}', file=sys.stderr, flush=True)
        network = Network(args, name, path)
        rows.append(score_keywords(network, args.energyrunner) if span is None
                    else compare_on_noise(network, *span))
    with open(os.path.join(args.work, 'mlperf_tiny.json'), 'w') as out:
        json.dump(rows, out, indent=1)
    print(f"{'':22}{'bytes':>9}{'SNR dB':>8}{'float':>8}{'int8':>8}"
          f"{'ms':>9}  Cortex-M4 instructions, flash, wrong windows")
    for r in rows:
        m4 = r['cortex-m4']
        print(f"{r['name']:22}{r['bytes']:9,}{r['snr_db']:8.1f}"
              + (f"{100 * r['top1_float']:7.1f}%{100 * r['top1']:7.1f}%"
                 if 'top1' in r else f"{'-':>8}{'-':>8}")
              + f"{r['p50_ms']:9.4f}  "
              + (m4.get('reason') or f"{m4.get('instructions', '?')}, "
                 f"{m4.get('flash', '?')}, {m4.get('wrong', '?')}"))


if __name__ == '__main__':
    main()
