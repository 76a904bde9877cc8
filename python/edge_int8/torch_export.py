"""A torch.nn.Module as an .onnx file. torch is imported here and only when a
module is given; where it is no such module, nothing of this runs."""

import contextlib
import inspect
import os
import sys
import warnings

from .errors import InputError, UsageError

# Every operator of docs/networks.md exports to it; later ones add nothing.
OPSET = 17


def is_module(model):
    """Whether it is a torch.nn.Module, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def _like_parameters(torch, module, window):
    """One window as a batch of one, where and of what the module's weights
    are."""
    sample = torch.as_tensor(window).unsqueeze(0)
    weights = next(module.parameters(), None)
    if weights is None or not weights.is_floating_point():
        return sample
    return sample.to(device=weights.device, dtype=weights.dtype)


@contextlib.contextmanager
def _evaluating(module):
    """Dropout and batch statistics off; every submodule as it was
    afterwards."""
    training = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in training:
            part.training = mode


def _export(torch, module, sample, path):
    arguments = {
        "opset_version": OPSET,
        "input_names": ["x"],
        "output_names": None,
    }
    # The older of the two exporters, where there still is a choice: it needs
    # no further package but onnx, and what it makes is plainer.
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        arguments["dynamo"] = False
    torch.onnx.export(module, (sample,), os.fspath(path), **arguments)


def export_module(module, window, path):
    """Writes `module` for windows like `window` (one, without the batch)."""
    import torch

    if isinstance(module, torch.jit.ScriptModule):
        raise UsageError(
            "model is a ScriptModule; give the module that it was made of, or "
            "an .onnx of it"
        )
    sample = _like_parameters(torch, module, window)
    with _evaluating(module), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own future
        try:
            _export(torch, module, sample, path)
        except ModuleNotFoundError as error:
            raise _missing(error.name) from error
        except Exception as error:
            if "onnx is not installed" in str(error).lower():
                raise _missing("onnx") from error
            raise InputError(
                f"{type(module).__name__}: torch.onnx.export failed for windows "
                f"of shape {tuple(sample.shape)}: {error}"
            ) from error


def _missing(package):
    return ModuleNotFoundError(
        f"torch.onnx.export needs the package {package}: "
        f"python3 -m pip install {package}",
        name=package,
    )
