#!/usr/bin/env python3
"""From a float network to integers on a microcontroller, in Python.

    python3 -m pip install .            # once, in this repository
    python3 examples/quantize_in_python.py

Every step prints what it found. docs/python.md explains them. With PyTorch and
its package onnx installed, a network defined here is quantized; without, the
repository's smallest checkpoint.
"""

import importlib.util
import pathlib
import tempfile

import numpy as np

import edge_int8

HERE = pathlib.Path(__file__).resolve().parent
ASSETS = HERE.parent / "assets"


def csi_windows(count, shape, seed):
    """Amplitudes that drift along time, in [0, 1]: in place of a recording."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(count, *shape)).cumsum(axis=-1)
    low, high = steps.min(), steps.max()
    return ((steps - low) / (high - low)).astype(np.float32)


def a_network():
    """A torch.nn.Module and the shape of its windows, or a path and a shape."""
    if not all(map(importlib.util.find_spec, ("torch", "onnx"))):
        return ASSETS / "tiny.pth", (540, 20)
    import torch
    from torch import nn

    torch.manual_seed(1)
    body = nn.Sequential(
        nn.Conv1d(64, 32, 3, padding=1),
        nn.BatchNorm1d(32),
        nn.SiLU(),
        nn.Conv1d(32, 32, 3, padding=2, dilation=2),
        nn.SiLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
        nn.Unflatten(1, (5, 2)),
    )
    return body, (64, 20)


def main():
    # 1. A float network and windows like those it will see.
    network, shape = a_network()
    calibration = csi_windows(512, shape, seed=1)

    # 2. Integers of it. No labels are needed.
    model = edge_int8.quantize(network, calibration=calibration)
    print(model)
    print(f"{len(model.to_bytes())} bytes, {model.arena_bytes} bytes to run in")

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        # 3. The file is the model; every machine computes the same from it.
        model.save(folder / "network.ei8")
        model = edge_int8.load(folder / "network.ei8")

        # 4. Floats in, floats out: a window, or a batch.
        x = csi_windows(8, shape, seed=2)
        poses = model(x)
        print(f"{x.shape} -> {poses.shape}, first joint {poses[0, 0]}")

        # 5. The integers themselves, as a microcontroller sees them.
        integers = model.run_int(model.quantize(x))
        assert (model.dequantize(integers) == poses).all()

        # 6. Does this machine compute what the file says?
        print(edge_int8.verify(model, windows=8))

        # 7. Plain C99 of it.
        model.export_c(folder / "network_c")
        files = sorted(p.name for p in (folder / "network_c").rglob("*.c"))
        print("C sources:", ", ".join(files))


if __name__ == "__main__":
    main()
