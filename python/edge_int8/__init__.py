"""Integer inference for WiFi-CSI pose networks, measured under one locked
metric.

    import edge_int8
    art = edge_int8.quantize("half.pth", calibration=x)   # x: [n, 540, 20]
    art.save("half.ei8")
    m = edge_int8.load("half.ei8")
    y = m(x)                                              # [n, 15, 2] float32

quantize takes a torch.nn.Module, a .pth or an .onnx. docs/python.md says the
rest. The functions are those of the command line `edge-int8`: what a flag of a
verb does, the argument of the same name does here.
"""

from ._native import FloatModel, IntegerModel
from ._native import set_max_arena, set_threads
from ._native import version as _version
from ._verbs import describe, evaluate, explain, load, quantize, verify
from .errors import Error, InputError, InternalError, UsageError
from .report import Report

__version__: str = _version()

__all__ = [
    "Error",
    "FloatModel",
    "InputError",
    "IntegerModel",
    "InternalError",
    "Report",
    "UsageError",
    "__version__",
    "describe",
    "evaluate",
    "explain",
    "load",
    "quantize",
    "set_max_arena",
    "set_threads",
    "verify",
]
