"""Arrays that the native module can't read where they lie: converted, or
refused with the line that mends them. Called by python/numpy_arrays.cc."""

import numpy as np


def _require(array, dtype):
    return np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED"])


def floats(x):
    """float32 in C order of anything that holds floats."""
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return _require(array, np.float32)
    hint = "x.astype(numpy.float32)"
    if array.dtype == np.uint8:
        hint = "bytes go to run_int, or are divided by input_factor first"
    raise TypeError(
        f"x holds {array.dtype}, expected floats of any size: {hint}"
    )


def bytes_(x):
    """uint8 in C order of an array of uint8: nothing is rounded silently."""
    array = np.asarray(x)
    if array.dtype == np.uint8:
        return _require(array, np.uint8)
    raise TypeError(
        f"x holds {array.dtype}, expected uint8; quantize(x) makes it of floats"
    )


def integers(y):
    """int32 in C order of results of run_int."""
    array = np.asarray(y)
    if array.dtype == np.int32:
        return _require(array, np.int32)
    raise TypeError(f"y holds {array.dtype}, expected the int32 of run_int")
