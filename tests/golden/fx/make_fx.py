#!/usr/bin/env python3
"""What torch.ao.quantization's prepare_fx and convert_fx make of a small net.

Writes beside itself, for tests/study/fx/fx_simulation_test.cc:

  parameters.npy  the network's parameters, sorted by name, one after the other
  grids.txt       "name scale zero_point" of each observer, default for fbgemm
  outputs.npy     poses of windows 24..31 by the converted model
  float.npy       the same by the float model

Windows are a formula in integers, so that both sides have the same bits;
calibration sees windows 0..23 in three batches of 8. Run with the environment
that bench/peers/fx_fbgemm.py describes (torch 2.11).
"""

import pathlib
import sys
import warnings

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / 'bench' / 'peers'))
from fx_grids import grids_of  # noqa: E402
from wiflow_torch import Shape, WiflowNetwork  # noqa: E402

GOLDEN = Shape((8, 8, 16, 32), (2, 2, 4, 4), 2, True, 4)


def window(index):
    """[540, 20]: steps of 1/997 that wander along the frames."""
    c, t = np.meshgrid(np.arange(540), np.arange(20), indexing='ij')
    value = (c * c * 7 + c * 31 * (index + 1) + t * (c % 13 + 3 * index)) % 997
    return (value.astype(np.float32) / np.float32(997)).astype(np.float32)


def windows(begin, end):
    return torch.from_numpy(np.stack([window(i) for i in range(begin, end)]))


def random_network():
    """Random weights; norms with the statistics of real windows."""
    torch.manual_seed(7)
    network = WiflowNetwork(GOLDEN)
    for module in network.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.momentum = None
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.3)
        if isinstance(module, (torch.nn.Dropout, torch.nn.Dropout2d)):
            module.p = 0.0
    with torch.no_grad():
        network.train()(windows(0, 24))
    return network.eval()


def main():
    warnings.filterwarnings('ignore')
    from torch.ao.quantization import QConfigMapping, get_default_qconfig
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
    torch.backends.quantized.engine = 'fbgemm'
    torch.set_num_threads(1)
    network = random_network()
    state = network.state_dict()
    flat = [state[name].numpy().ravel() for name in sorted(state)
            if not name.endswith('num_batches_tracked')]
    np.save(HERE / 'parameters.npy', np.concatenate(flat).astype(np.float32))
    with torch.no_grad():
        np.save(HERE / 'float.npy', network(windows(24, 32)).numpy())
    prepared = prepare_fx(
        network, QConfigMapping().set_global(get_default_qconfig('fbgemm')),
        example_inputs=(windows(0, 1),))
    with torch.no_grad():
        for begin in range(0, 24, 8):
            prepared(windows(begin, begin + 8))
    with open(HERE / 'grids.txt', 'w') as file:
        for name, observer in grids_of(prepared):
            scale, zero = observer.calculate_qparams()
            file.write(f'{name} {scale.item():.9g} {zero.item()}\n')
    converted = convert_fx(prepared)
    with torch.no_grad():
        np.save(HERE / 'outputs.npy', converted(windows(24, 32)).numpy())


if __name__ == '__main__':
    main()
