"""This project: the float executor and the integer engine, from floats to
coordinates, timed by `edge-int8 latency` in the same rounds.
"""

import json
import os
import subprocess

import numpy as np
from contender import Contender

RUNTIME = 'edge-int8'


class Program:
    """Stands in for a Runner: another process, the same two questions."""

    def __init__(self, program, model, isa, threads, batch):
        self.latency = [program, 'latency', '--model', model, '--batch',
                        str(batch), '--threads', str(threads), '--json']
        if isa:
            self.latency += ['--isa', isa, '--from-floats']
        self.program, self.model = program, model

    def milliseconds_per_window(self, seconds):
        found = json.loads(subprocess.run(
            self.latency + ['--seconds', str(seconds)], check=True,
            capture_output=True, text=True).stdout)
        self.share_of_peak = found['share_of_peak']
        self.peak = found['peak_macs_per_s']
        self.arena_bytes = found['arena_bytes']
        return {p: found[p + '_ms'] for p in ('p50', 'p90', 'p99')}

    def poses(self, windows):
        folder = os.path.dirname(os.path.abspath(self.model))
        x, y = (os.path.join(folder, n) for n in ('in.npy', 'out.npy'))
        np.save(x, windows)
        subprocess.run([self.program, 'predict', '--model', self.model,
                        '--input', x, '--output', y, '--force'], check=True,
                       capture_output=True)
        poses = np.load(y)
        os.remove(x)
        os.remove(y)
        return poses


def contenders(program, work, threads):
    version = subprocess.run([program, '--version'], capture_output=True,
                             text=True).stdout.strip()

    def row(name, precision, model, isa):
        contender = Contender(name, RUNTIME, precision,
                              isa or 'the best instruction set', version,
                              model)
        contender.session = lambda batch: Program(program, model, isa, threads,
                                                  batch)
        return contender

    artifact = os.path.join(work, 'model.ei8')
    return [row('edge-int8 fp32', 'fp32', os.path.join(work, 'model.pth'), ''),
            row('edge-int8 int8', 'int8', artifact, best_isa(program, artifact)),
            row('edge-int8 int8 avx2', 'int8', artifact, 'avx2')]


def best_isa(program, artifact):
    return json.loads(subprocess.run(
        [program, 'latency', '--model', artifact, '--seconds', '0.01',
         '--json'], check=True, capture_output=True, text=True).stdout)['isa']
