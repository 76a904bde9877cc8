#!/usr/bin/env python3
"""The real prepare_fx / convert_fx with fbgemm, beside this project's simulation.

Reads what `edge-int8 bench --recipe fx-fbgemm --out RUN` wrote, quantizes the
same checkpoint with PyTorch on the same calibration windows in the same order,
scores the same test windows and prints both. Exit code 1 when they differ by
more than 1 point of PCK@20, the number that was published.

One command makes an environment for it (torch 2.11, about 5 GB with CUDA; any
torch from 1.13 that still has torch.ao.quantization works):

  python3 -m venv /tmp/fx && /tmp/fx/bin/pip install torch==2.11.0 numpy && \
      /tmp/fx/bin/python bench/peers/fx_fbgemm.py --results RUN/results.json

--qat-epochs N also trains with prepare_qat_fx as the published experiment did
and prints what fake quantization promised beside what convert_fx deploys.
Scores are computed here, in NumPy, and nothing of the project is imported.
"""

import argparse
import copy
import json
import os
import random
import tempfile
import time
import warnings

import numpy as np
import torch
from torch.nn import functional as F

from fx_grids import grids_of
from wiflow_torch import load_network

BONES = [(0, 1), (1, 8), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7),
         (8, 9), (8, 12), (9, 10), (10, 11), (12, 13), (13, 14)]
PERCENTS = (10, 20, 50)
OBSERVED_AS = ('min-max', 'moving-average')  # of bench's table of choices


class Dataset:
    """A preprocessed_csi_data folder with all_keypoints.npy."""

    def __init__(self, folder):
        self.windows = np.load(f'{folder}/csi_windows.npy', mmap_mode='r')
        info = np.load(f'{folder}/window_info.npz', allow_pickle=True)
        poses = np.load(f'{folder}/all_keypoints.npy')
        ranges = np.load(f'{folder}/file_info.npz',
                         allow_pickle=True)['window_ranges']
        frames = info['window_to_frame']
        self.poses = poses if len(poses) == len(self.windows) else poses[frames]
        order = list(range(len(ranges)))
        random.seed(42)
        random.shuffle(order)
        train, val = int(0.7 * len(order)), int(0.15 * len(order))
        parts = {'train': order[:train], 'val': order[train:train + val],
                 'test': order[train + val:]}
        self.clean = {}
        self.all = {name: [w for file in files for w in range(*ranges[file])]
                    for name, files in parts.items()}

    def is_clean(self, window):
        return bool((np.abs(self.windows[window]) <= 1.5).all())

    def clean_of(self, split):
        if split not in self.clean:
            self.clean[split] = np.array(
                [w for w in self.all[split] if self.is_clean(w)])
        return self.clean[split]

    def inputs(self, indices):
        return torch.from_numpy(np.stack([self.windows[i] for i in indices]))


def predict(network, data, indices, batch=64):
    with torch.no_grad():
        return np.concatenate([
            network(data.inputs(indices[i:i + batch])).numpy()
            for i in range(0, len(indices), batch)])


def score(predicted, truth):
    torso = np.linalg.norm(truth[:, 2] - truth[:, 12], axis=-1).clip(0.01)
    error = np.linalg.norm(predicted - truth, axis=-1)
    result = {f'pck@{p}': float((error <= p / 100 * torso[:, None]).mean())
              for p in PERCENTS}
    return {**result, 'mpjpe': float(error.mean()), 'samples': len(truth)}


def show(label, result, size=None):
    print(f"{label:42s} {'' if size is None else f'{size:.3f}':>6s}"
          + ''.join(f"  {100 * result[f'pck@{p}']:6.2f}%" for p in PERCENTS)
          + f"  {result['mpjpe']:.6f}", flush=True)


def saved_mib(model):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'int8.pth')
        torch.save(model.state_dict(), path)
        return os.path.getsize(path) / 1048576


def mapping(kind, qat=False):
    """The published script set one qconfig for all; 'default' is PyTorch's own
    mapping, which also gives fixed ranges to some operators. The other two are
    the published one with another observer, as bench's table of choices."""
    from torch.ao.quantization import (
        MinMaxObserver, MovingAverageMinMaxObserver, QConfig, QConfigMapping,
        default_per_channel_weight_observer, get_default_qat_qconfig,
        get_default_qat_qconfig_mapping, get_default_qconfig,
        get_default_qconfig_mapping)
    if kind in OBSERVED_AS:
        observer = (MinMaxObserver if kind == 'min-max' else
                    MovingAverageMinMaxObserver)
        return QConfigMapping().set_global(QConfig(
            activation=observer.with_args(reduce_range=True),
            weight=default_per_channel_weight_observer))
    if kind == 'default':
        return (get_default_qat_qconfig_mapping if qat else
                get_default_qconfig_mapping)('fbgemm')
    return QConfigMapping().set_global(
        (get_default_qat_qconfig if qat else get_default_qconfig)('fbgemm'))


def use_scales(prepared, scales):
    """Gives every observer the simulation's scale and zero point. What enters
    a dropout has an observer here and no grid of its own there."""
    for name, observer in grids_of(prepared):
        name = name.replace('silu1_pw', 'dropout1').replace('silu2_pw',
                                                            'dropout2')
        scale, zero = scales[name]
        observer.calculate_qparams = lambda result=(
            torch.tensor([scale]), torch.tensor([zero])): result


def quantize_after_training(network, data, order, kind, scales=None, batch=64):
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
    prepared = prepare_fx(copy.deepcopy(network), mapping(kind),
                          example_inputs=(data.inputs(order[:1]),))
    with torch.no_grad():
        for i in range(0, len(order) if scales is None else 1, batch):
            prepared(data.inputs(order[i:i + batch]))
    if scales is not None:
        use_scales(prepared, scales)
    return convert_fx(prepared)


def bone_lengths(poses):
    start, end = zip(*BONES)
    gap = poses[:, list(start)] - poses[:, list(end)]
    return ((gap**2).sum(-1) + 1e-8).sqrt()


def loss_of(predicted, truth):
    return (F.smooth_l1_loss(predicted, truth, beta=0.1) +
            0.2 * F.smooth_l1_loss(bone_lengths(predicted),
                                   bone_lengths(truth), beta=0.05))


def train_fake_quantized(network, data, kind, epochs, limit, lr=2e-5):
    """prepare_qat_fx and AdamW; the epoch of the least validation MPJPE by
    fake quantization, as the published experiment chose."""
    from torch.ao.quantization.quantize_fx import prepare_qat_fx
    torch.manual_seed(42)
    prepared = prepare_qat_fx(
        copy.deepcopy(network).train(), mapping(kind, qat=True),
        example_inputs=(data.inputs([data.clean_of('train')[0]]),))
    optimizer = torch.optim.AdamW(prepared.parameters(), lr=lr,
                                  weight_decay=5e-5)
    rng = np.random.default_rng(42)
    val = data.clean_of('val')
    val = val[::max(1, len(val) // limit)] if limit else val
    best, state = np.inf, None
    for epoch in range(epochs):
        start, order = time.time(), rng.permutation(data.clean_of('train'))
        order = order[:limit] if limit else order
        prepared.train()
        for i in range(0, len(order) - 63, 64):
            chosen = order[i:i + 64]
            loss = loss_of(prepared(data.inputs(chosen)),
                           torch.from_numpy(data.poses[chosen]))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        prepared.eval()
        result = score(predict(prepared, data, val), data.poses[val])
        show(f'  epoch {epoch + 1}, fake-quant on validation', result)
        print(f'  {time.time() - start:.0f} s', flush=True)
        if result['mpjpe'] < best:
            best, state = result['mpjpe'], copy.deepcopy(prepared.state_dict())
    prepared.load_state_dict(state)
    return prepared.eval()


def measure_qat(network, data, args, found):
    """What fake quantization says of the test windows, and what is deployed."""
    from torch.ao.quantization import disable_observer
    from torch.ao.quantization.quantize_fx import convert_fx
    test = data.clean_of('test')[::args.test_every]
    truth = data.poses[test]
    prepared = train_fake_quantized(network, data, args.mapping,
                                    args.qat_epochs, args.qat_windows)
    converted = convert_fx(copy.deepcopy(prepared))
    # In eval() the observers of fake quantization go on moving their ranges.
    frozen = copy.deepcopy(prepared).apply(disable_observer)
    for key, model in (('qat_promised', prepared), ('qat_frozen', frozen),
                       ('qat_deployed', converted)):
        found[key] = score(predict(model, data, test), truth)
    found['qat_size_mib'] = saved_mib(converted)
    found['qat_windows_scored'] = len(test)
    show('QAT, fake quantization (observers running)', found['qat_promised'])
    show('QAT, fake quantization (observers frozen)', found['qat_frozen'])
    show('QAT, converted', found['qat_deployed'], found['qat_size_mib'])


def compare(results, data, converted, kind, found):
    """Prints both and returns how far apart they are in PCK@20."""
    test, clean = np.array(data.all['test']), data.clean_of('test')
    poses = predict(converted, data, clean)
    found['ptq'] = score(poses, data.poses[clean])
    found['ptq_size_mib'] = saved_mib(converted)
    show('convert_fx', found['ptq'], found['ptq_size_mib'])
    if kind in OBSERVED_AS:
        found['simulated'] = next(
            choice['clean'] for choice in results['fx_fbgemm']['choices']
            if choice['choice'] == kind)
        show('edge-int8, simulated', found['simulated'])
    else:
        ours = np.load(results['fx_fbgemm']['predictions'])
        ours = ours[np.isin(test, clean)]  # both in the split's order
        found['simulated'] = score(ours, data.poses[clean])
        show('edge-int8, simulated', found['simulated'],
             results['int8']['fx-ptq']['size_mib'])
        gap = np.abs(ours - poses)
        found['values_equal'] = float((gap < 1e-5).mean())
        found['largest_gap'] = float(gap.max())
        print(f"{100 * found['values_equal']:.2f}% of the coordinates are "
              f"equal, the largest gap is {found['largest_gap']:.5f}")
    apart = {key: abs(found['ptq'][key] - found['simulated'][key])
             for key in ('pck@10', 'pck@20')}
    print(f"PCK@10 is {100 * apart['pck@10']:.2f} pp apart")
    return apart['pck@20']


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--results', required=True)
    parser.add_argument('--mapping', choices=['published', 'default', *OBSERVED_AS],
                        default='published')
    parser.add_argument('--qat-epochs', type=int, default=0)
    parser.add_argument('--qat-windows', type=int, default=0,
                        help='of each epoch and its validation; all by default')
    parser.add_argument('--test-every', type=int, default=1,
                        help='score QAT on every Nth test window')
    parser.add_argument('--our-scales', action='store_true',
                        help="convert with the simulation's scales, so that "
                        'only the graphs are compared')
    parser.add_argument('--skip-ptq', action='store_true')
    parser.add_argument('--threads', type=int, default=0)
    parser.add_argument('--out', help='write the scores here as JSON')
    args = parser.parse_args()
    warnings.filterwarnings('ignore')
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.quantized.engine = 'fbgemm'
    with open(args.results) as file:
        results = json.load(file)
    data = Dataset(results['data']['path'])
    variant, network = load_network(results['checkpoint']['path'])
    clean = data.clean_of('test')
    print(f"torch {torch.__version__}, {variant}, {results['data']['kind']} "
          f"data, {len(clean)} clean test windows, mapping {args.mapping}")
    print(f"{'':42s}    MiB   PCK@10   PCK@20   PCK@50     MPJPE")
    found = {'torch': torch.__version__, 'mapping': args.mapping,
             'fp32': score(predict(network, data, clean), data.poses[clean])}
    show('fp32', found['fp32'])
    gap = 0
    if not args.skip_ptq:
        order = np.load(results['fx_fbgemm']['calibration'])
        gap = compare(results, data, quantize_after_training(
            network, data, order, args.mapping,
            results['fx_fbgemm']['scales'] if args.our_scales else None),
            args.mapping, found)
    if args.qat_epochs:
        measure_qat(network, data, args, found)
    if args.out:
        with open(args.out, 'w') as file:
            json.dump(found, file, indent=2)
    if not args.skip_ptq:
        print(f'{"agreement" if gap <= 0.01 else "DISAGREEMENT"}: PCK@20 is '
              f'{100 * gap:.2f} pp apart, 1 allowed')
    raise SystemExit(gap > 0.01)


if __name__ == '__main__':
    main()
