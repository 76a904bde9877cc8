"""Any networks beside ONNX Runtime: size, signal-to-noise and time, in one run.

A folder holds NAME.onnx and NAME_calib.npy (windows that each is calibrated on);
NAME_input.npy, if it is there, has the windows that outputs are compared on. Every
network is quantized by this program's defaults and by ONNX Runtime's static quantizer
in its four settings; then all are timed in turns at batch 1, one thread. run.sh
--networks starts this.
"""

import argparse
import datetime
import json
import math
import os
import statistics
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime as ort
from contender import call_times, decibels, floats_of
from measure import cpu_name
from onnxruntime_peer import INT8, open_session, prepare, quantize
from ours import Program


def say(text):
    print(f'networks: {text}', file=sys.stderr, flush=True)


class Session:
    """A model of ONNX Runtime, one window a call, one thread."""

    def __init__(self, path):
        self.session = open_session(path, 1)
        self.name = self.session.get_inputs()[0].name

    def outputs(self, windows):
        return np.concatenate([
            np.asarray(self.session.run(None, {self.name: w[None]})[0]).reshape(
                1, -1) for w in windows])

    def bind(self, window):
        binding = self.session.io_binding()
        value = ort.OrtValue.ortvalue_from_numpy(window[None])
        binding.bind_ortvalue_input(self.name, value)
        binding.bind_output(self.session.get_outputs()[0].name)
        self.kept = value
        return lambda: self.session.run_with_iobinding(binding)


def timed(call, seconds):
    return 1000 * float(np.median(call_times(call, seconds)))


def ours(args, name, model, calibration):
    """The engine on this network, quantized by default."""
    artifact = os.path.join(args.work, name + '.ei8')
    if not os.path.exists(artifact):
        say(f'{name}: quantizing')
        subprocess.run([args.program, 'quantize', '--checkpoint', model,
                        '--calibration', calibration, '--out', artifact],
                       check=True, capture_output=True)
    return artifact, Program(args.program, artifact, '', 1, 1)


def first_line(error):
    """What an exception says, or at least what it is."""
    lines = str(error).splitlines()
    return lines[0][:100] if lines else type(error).__name__


def theirs(args, name, model, calibration):
    """Paths of its int8 models, by setting; a reason where there is none."""
    prepared = os.path.join(args.work, name + '_prepared.onnx')
    paths, reasons = {}, []
    try:
        prepare(model, prepared)
    except Exception as error:  # noqa: BLE001: the plain model will do
        reasons.append(first_line(error))
        prepared = model
    for activation, scope in INT8:
        path = os.path.join(args.work, f'{name}_{activation}_{scope}.onnx')
        try:
            if not os.path.exists(path):
                quantize(prepared, calibration, path, activation, scope, 1)
            Session(path)
            if not any(node.op_type == 'QuantizeLinear'
                       for node in onnx.load(path).graph.node):
                reasons.append(f'{activation} {scope} quantizes nothing')
                continue
            paths[f'{activation} {scope}'] = path
        except Exception as error:  # noqa: BLE001: a setting that can't be had
            reasons.append(first_line(error))
    return paths, reasons


def measure(args, name):
    model = os.path.join(args.networks, name + '.onnx')
    calibration = os.path.join(args.networks, name + '_calib.npy')
    inputs = os.path.join(args.networks, name + '_input.npy')
    if not os.path.exists(inputs):
        inputs = calibration
    windows = floats_of(np.load(inputs))
    artifact, engine = ours(args, name, model, calibration)
    outputs = engine.poses(windows).reshape(len(windows), -1)
    paths, reasons = theirs(args, name, model, calibration)
    if args.prepare_only:
        return None
    own_float = Program(args.program, model, '', 1, 1)
    float_session = Session(model)
    exact = float_session.outputs(windows)
    sessions = {setting: Session(path) for setting, path in paths.items()}
    calls = {'fp32': float_session.bind(windows[0]),
             **{s: session.bind(windows[0]) for s, session in sessions.items()}}
    for call in calls.values():
        timed(call, args.seconds / 4)
    rounds = []
    for number in range(args.rounds):
        say(f'{name}: round {number + 1} of {args.rounds}')
        one = {'engine': engine.milliseconds_per_window(args.seconds)['p50']}
        one['own fp32'] = own_float.milliseconds_per_window(args.seconds)['p50']
        one.update({s: timed(c, args.seconds) for s, c in calls.items()})
        rounds.append(one)
    ratio = {s: statistics.median(r[s] / r['engine'] for r in rounds)
             for s in calls}
    fastest = min(ratio, key=ratio.get)
    snr = {s: decibels(exact, session.outputs(windows))
           for s, session in sessions.items()}
    return {'name': name, 'bytes': os.path.getsize(artifact),
            'snr_db': decibels(exact, outputs),
            'ort_int8_snr_db': snr,
            'engine_ms': statistics.median(r['engine'] for r in rounds),
            'own_fp32_ms': statistics.median(r['own fp32'] for r in rounds),
            'own_fp32_x_ort_fp32': statistics.median(
                r['fp32'] / r['own fp32'] for r in rounds),
            'ms': {s: statistics.median(r[s] for r in rounds) for s in calls},
            'times_engine': ratio, 'fastest': fastest,
            'share_of_peak': engine.share_of_peak, 'rounds': rounds,
            'not_here': reasons}


def geometric_mean(values):
    return math.exp(statistics.mean(math.log(value) for value in values))


def table(rows):
    lines = [['', 'KiB', 'SNR dB', 'ORT int8 dB', 'ms', 'x ORT fp32',
              'x ORT int8', 'x the faster', 'own fp32 x ORT fp32']]
    for r in rows:
        int8 = {s: v for s, v in r['times_engine'].items() if s != 'fp32'}
        lines.append([
            r['name'], f"{r['bytes'] / 1024:.1f}", f"{r['snr_db']:.1f}",
            f"{max(r['ort_int8_snr_db'].values()):.1f}"
            if r['ort_int8_snr_db'] else '-', f"{r['engine_ms']:.4f}",
            f"{r['times_engine']['fp32']:.2f}",
            f'{min(int8.values()):.2f}' if int8 else '-',
            f"{r['times_engine'][r['fastest']]:.2f}",
            f"{r['own_fp32_x_ort_fp32']:.2f}"])
    wide = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return '\n'.join('  '.join(
        cell.ljust(wide[i]) if i == 0 else cell.rjust(wide[i])
        for i, cell in enumerate(line)) for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--program', required=True)
    parser.add_argument('--networks', required=True)
    parser.add_argument('--work', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--command', default='')
    parser.add_argument('--commit', default='')
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--prepare-only', action='store_true')
    parser.add_argument('--seconds', type=float, default=0.4)
    args = parser.parse_args()
    names = sorted(
        file[:-len('.onnx')] for file in os.listdir(args.networks)
        if file.endswith('.onnx') and os.path.exists(os.path.join(
            args.networks, file[:-len('.onnx')] + '_calib.npy')))
    if not names:
        sys.exit(f'networks: {args.networks} holds no NAME.onnx with a '
                 'NAME_calib.npy beside it')
    rows = [measure(args, name) for name in names]
    if args.prepare_only:
        return
    mean = geometric_mean(r['times_engine'][r['fastest']] for r in rows)
    float_mean = geometric_mean(r['own_fp32_x_ort_fp32'] for r in rows)
    with open(args.out, 'w') as out:
        json.dump({'date_utc': datetime.datetime.now(datetime.timezone.utc)
                   .strftime('%Y-%m-%dT%H:%M:%SZ'), 'command': args.command,
                   'commit': args.commit, 'host': {'cpu': cpu_name()},
                   'onnxruntime': ort.__version__, 'rounds': args.rounds,
                   'seconds_per_round': args.seconds, 'rows': rows,
                   'geometric_mean_x_the_faster': mean,
                   'geometric_mean_own_fp32_x_ort_fp32': float_mean}, out, indent=1)
    print(f'batch 1, one thread, {cpu_name()}, ONNX Runtime {ort.__version__}; '
          'times in turns, medians over rounds; "x": their time / ours')
    print(table(rows))
    print(f'geometric mean over the faster of its settings: {mean:.2f}; of the '
          f"float executor over ONNX Runtime's fp32: {float_mean:.2f}")


if __name__ == '__main__':
    main()
