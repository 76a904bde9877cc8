"""The verbs as functions. An argument is the flag of the same name
(docs/command-line.md)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterable, Optional, Union

from . import _native
from ._inputs import Inputs, is_path, require_windows
from .errors import UsageError
from .report import Report, report_of

if TYPE_CHECKING:
    import numpy.typing

    Path = Union[str, "os.PathLike[str]"]
    # A torch.nn.Module is Any: torch need not be there.
    Network = Union[Path, _native.FloatModel, Any]


def _dataset(corrupt_mask, keypoints_root, hold_out):
    masks = [corrupt_mask] if is_path(corrupt_mask) else list(corrupt_mask)
    return {
        "corrupt_mask": masks,
        "keypoints_root": keypoints_root,
        "hold_out": hold_out,
    }


def _network(model, variant, weights, joints, frames, head):
    """What says which network is in the model's file: of a FloatModel what it
    was loaded with, where nothing else is given."""
    given = {
        "variant": variant,
        "weights": weights,
        "joints": joints,
        "frames": frames,
        "head": head,
    }
    if isinstance(model, _native.FloatModel):
        for name, value in model._network.items():
            given[name] = value if given[name] is None else given[name]
    return given


def _request(recipe, repair, calib_batches, weight_bits, seed):
    return {
        "recipe": recipe,
        "repair": repair,
        "calib_batches": calib_batches,
        "weight_bits": weight_bits,
        "seed": seed,
    }


def _path(value):
    return "" if value is None else os.fspath(value)


def model_from_bytes(content):
    """What pickle calls for a copy of a model."""
    return _native.IntegerModel.from_bytes(content)


def load(
    path: Path,
    *,
    variant: Optional[str] = None,
    weights: Optional[str] = None,
    joints: Optional[int] = None,
    frames: Optional[int] = None,
    head: Optional[str] = None,
) -> Union[_native.IntegerModel, _native.FloatModel]:
    """The model of a file, by its content: an IntegerModel of an .ei8, a
    FloatModel of a .pth or .onnx. The further arguments are of the latter.

    Raises InputError for a file that is damaged or of another kind.
    """
    return _native.load(
        path, _network(path, variant, weights, joints, frames, head)
    )


def quantize(
    model: Network,
    calibration: Union[numpy.typing.ArrayLike, Path, None] = None,
    *,
    data: Optional[Path] = None,
    method: str = "ptq",
    recipe: str = "lossless",
    repair: Optional[str] = None,
    calib_batches: int = 64,
    weight_bits: int = 8,
    seed: int = 42,
    plan: Union[Path, dict, None] = None,
    variant: Optional[str] = None,
    weights: Optional[str] = None,
    joints: Optional[int] = None,
    frames: Optional[int] = None,
    head: Optional[str] = None,
    corrupt_mask: Union[Path, Iterable[Path]] = (),
    keypoints_root: Optional[Path] = None,
    hold_out: Optional[str] = None,
) -> _native.IntegerModel:
    """A float network as a network of integers.

    model: a torch.nn.Module (exported to ONNX in evaluation mode; it stays as
      it is), or the path of a .pth or .onnx file.
    calibration: windows [n, ...] of the model's input without labels, float32,
      float16, float64 or uint8 (255ths), or the path of such an .npy file; 512
      or more are good. Or data: the folder of a data set, whose train split
      calibrates. Or plan: a plan that was made before (a path, or the dict of
      another model's plan); nothing is measured then.

    Raises UsageError or InputError with the message of the command line. The
    result can be called (m(x)), saved and exported.
    """
    if method != "ptq":
        raise UsageError(
            f"quantize: method is '{method}', expected ptq; training is the "
            "program's: edge-int8 quantize --method qat"
        )
    arguments = {
        **_request(recipe, repair, calib_batches, weight_bits, seed),
        **_dataset(corrupt_mask, keypoints_root, hold_out),
        **_network(model, variant, weights, joints, frames, head),
    }
    require_windows(model, calibration, data)
    # Before anything is exported or written for it.
    _native.check_quantize(
        _path(data),
        Inputs.name(calibration, "calibration.npy"),
        Inputs.name(plan, "plan.json"),
        arguments,
    )
    with Inputs() as inputs:
        return _native.quantize(
            inputs.network_file(model, data, arguments, calibration),
            _path(data),
            inputs.array_file(calibration, "calibration"),
            inputs.json_file(plan, "plan"),
            arguments,
        )


def evaluate(
    model: Union[Network, _native.IntegerModel, None] = None,
    data: Optional[Path] = None,
    *,
    predictions: Union[numpy.typing.ArrayLike, Path, None] = None,
    split: str = "test",
    subset: str = "clean",
    normalization: Optional[str] = None,
    variant: Optional[str] = None,
    weights: Optional[str] = None,
    joints: Optional[int] = None,
    frames: Optional[int] = None,
    head: Optional[str] = None,
    corrupt_mask: Union[Path, Iterable[Path]] = (),
    keypoints_root: Optional[Path] = None,
    hold_out: Optional[str] = None,
) -> Report:
    """The score of a model, or of predictions, on a data set by its locked
    metric: the keys of `evaluate --json`, score["pck@20"] among them.

    predictions: float32 [n, joints, 2 or 3] or [n, classes], or integers [n] of
      classes: of the split's windows in order, or of every window of the set.
    """
    if data is None:
        raise UsageError("evaluate: data is missing")
    if (model is None) == (predictions is None):
        raise UsageError("evaluate: exactly one of model and predictions")
    arguments = {
        **_dataset(corrupt_mask, keypoints_root, hold_out),
        **_network(model, variant, weights, joints, frames, head),
    }
    if isinstance(model, _native.IntegerModel):
        return report_of(
            _native.evaluate_model(
                model, _path(data), split, subset, normalization, arguments
            )
        )
    with Inputs() as inputs:
        file = ""
        if model is not None:
            file = inputs.network_file(model, data, arguments)
        return report_of(
            _native.evaluate_file(
                file,
                inputs.predictions_file(predictions),
                _path(data),
                split,
                subset,
                normalization,
                arguments,
            )
        )


def explain(
    model: Network,
    data: Path,
    *,
    split: str = "val",
    subset: str = "clean",
    windows: int = 1000,
    top: int = 20,
    recipe: str = "lossless",
    repair: Optional[str] = None,
    plan: Union[Path, dict, None] = None,
    calib_batches: int = 64,
    weight_bits: int = 8,
    seed: int = 42,
    variant: Optional[str] = None,
    weights: Optional[str] = None,
    joints: Optional[int] = None,
    frames: Optional[int] = None,
    head: Optional[str] = None,
    corrupt_mask: Union[Path, Iterable[Path]] = (),
    keypoints_root: Optional[Path] = None,
    hold_out: Optional[str] = None,
) -> Report:
    """Where int8 loses: per tensor, per step, per joint, on `windows` windows
    of the split. The keys of `explain --json` (docs/explain.md); print() shows
    the `top` worst tensors.
    """
    arguments = {
        **_request(recipe, repair, calib_batches, weight_bits, seed),
        **_dataset(corrupt_mask, keypoints_root, hold_out),
        **_network(model, variant, weights, joints, frames, head),
    }
    with Inputs() as inputs:
        return report_of(
            _native.explain(
                inputs.network_file(model, data, arguments),
                _path(data),
                inputs.json_file(plan, "plan"),
                split,
                subset,
                windows,
                top,
                arguments,
            )
        )


def describe(
    model: Union[Path, _native.FloatModel, _native.IntegerModel],
    *,
    variant: Optional[str] = None,
    weights: Optional[str] = None,
    joints: Optional[int] = None,
    frames: Optional[int] = None,
    head: Optional[str] = None,
) -> Report:
    """Parameters, multiply-accumulates and layers; of integers also sizes, bits
    and where it came from. The keys of `describe --json`."""
    if isinstance(model, _native.IntegerModel):
        return report_of(_native.describe_model(model))
    path = model.path if isinstance(model, _native.FloatModel) else model
    return report_of(
        _native.describe_file(
            path, _network(model, variant, weights, joints, frames, head)
        )
    )


def verify(
    model: Union[Path, _native.IntegerModel],
    data: Optional[Path] = None,
    *,
    windows: int = 32,
    corrupt_mask: Union[Path, Iterable[Path]] = (),
    keypoints_root: Optional[Path] = None,
    hold_out: Optional[str] = None,
) -> Report:
    """Whether this machine computes what the artifact says: golden vectors, and
    every instruction set against the reference. report["ok"] is the verdict."""
    if isinstance(model, _native.IntegerModel):
        loaded, name = model, f"{model.name} (in memory)"
    else:
        loaded, name = load(model), os.fspath(model)
    if not isinstance(loaded, _native.IntegerModel):
        raise UsageError(f"verify: {name} is no .ei8")
    return report_of(
        _native.verify(
            loaded,
            name,
            data,
            windows,
            _dataset(corrupt_mask, keypoints_root, hold_out),
        )
    )
