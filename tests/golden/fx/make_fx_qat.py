#!/usr/bin/env python3
"""What torch.ao.quantization's prepare_qat_fx makes of make_fx.py's small net.

Writes beside itself, for tests/train/fx_network_test.cc and
tests/run/fx_trained_test.cc:

  qat_first.txt     "name low high" of each observer after one training pass on
                    windows 0..7, rounding on. Rounding makes a small difference
                    of float sums a step of a grid, and a hundred layers make
                    that anything: only what stands near the input is of use
  qat_losses.npy    rounding off, observers on: mean (pose - 0.3)^2 at each of
                    four steps of AdamW at 1e-3, on windows 0..7, 8..15, 16..23
                    and 0..7
  qat_ranges.txt    as above after them
  qat_weights.npy   parameters and statistics after them, sorted by the
                    project's names, one after the other
  qat_reach.npy     of each weight, sorted likewise: what its rows' scales are
                    made of
  qat_deployed.npy  poses of windows 24..31 by what convert_fx makes of that

Made with torch 2.15 on x86-64; any torch from 1.13 that has
torch.ao.quantization will do.
"""

import re
import warnings

import numpy as np
import torch

from make_fx import HERE, random_network, windows
from fx_grids import grids_of

STEPS = (0, 8, 16, 0)


def prepared_network():
    from torch.ao.quantization import QConfigMapping, get_default_qat_qconfig
    from torch.ao.quantization.quantize_fx import prepare_qat_fx
    network = random_network()
    for module in network.modules():  # back from the mean of all batches
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.momentum = 0.1
    return prepare_qat_fx(
        network.train(),
        QConfigMapping().set_global(get_default_qat_qconfig('fbgemm')),
        example_inputs=(windows(0, 1),))


def write_ranges(prepared, name):
    with open(HERE / name, 'w') as file:
        for grid, fake in grids_of(prepared):
            observer = fake.activation_post_process
            file.write(f'{grid} {observer.min_val.item():.9g} '
                       f'{observer.max_val.item():.9g}\n')


def norm_behind(path):
    """The project's name of the norm that is fused into a convolution."""
    for conv, norm in (('conv1_pw', 'bn1_pw'), ('conv2_pw', 'bn2_pw'),
                       ('qkv_transform', 'bn_qkv')):
        if path.endswith(conv):
            return path[:-len(conv)] + norm
    return re.sub(r'\d+$', lambda n: str(int(n.group()) + 1), path)


def parameters_of(prepared):
    named = {}
    for name, value in prepared.state_dict().items():
        if '_fake_quant' in name or 'activation_post_process' in name:
            continue
        path, last = name.rsplit('.', 1)
        if path.endswith('.bn'):
            path = norm_behind(path[:-3])
        if last != 'num_batches_tracked':
            named[f'{path}.{last}'] = value
    return named


def reach_of(converted):
    """convert_fx shows weights to their observers once more."""
    return {name + '.weight': 127.5 * module.weight().q_per_channel_scales()
            for name, module in converted.named_modules()
            if isinstance(module, (torch.ao.nn.quantized.Conv1d,
                                   torch.ao.nn.quantized.Conv2d))}


def save(name, tensors):
    flat = [tensors[key].detach().numpy().ravel() for key in sorted(tensors)]
    np.save(HERE / name, np.concatenate(flat).astype(np.float32))


def main():
    warnings.filterwarnings('ignore')
    from torch.ao.quantization import disable_fake_quant
    from torch.ao.quantization.quantize_fx import convert_fx
    torch.backends.quantized.engine = 'fbgemm'
    torch.set_num_threads(1)
    rounding = prepared_network()
    rounding(windows(0, 8))
    write_ranges(rounding, 'qat_first.txt')
    prepared = prepared_network().apply(disable_fake_quant)
    optimizer = torch.optim.AdamW(prepared.parameters(), lr=1e-3,
                                  weight_decay=5e-5)
    losses = []
    for begin in STEPS:
        loss = ((prepared(windows(begin, begin + 8)) - 0.3)**2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    np.save(HERE / 'qat_losses.npy', np.array(losses, np.float32))
    write_ranges(prepared, 'qat_ranges.txt')
    save('qat_weights.npy', parameters_of(prepared))
    converted = convert_fx(prepared.eval())
    save('qat_reach.npy', reach_of(converted))
    with torch.no_grad():
        np.save(HERE / 'qat_deployed.npy', converted(windows(24, 32)).numpy())


if __name__ == '__main__':
    main()
