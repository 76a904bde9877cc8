"""What users hand over, as the files that the verbs read: a module is exported,
an array is written, into a temporary folder that goes away again."""

import contextlib
import json
import os
import tempfile

import numpy as np

from . import _native, torch_export
from .errors import Error, UsageError

_CALIBRATION_KINDS = (
    np.dtype(np.float16),
    np.dtype(np.float32),
    np.dtype(np.float64),
    np.dtype(np.uint8),
)


def is_path(value):
    return isinstance(value, (str, os.PathLike))


class Inputs(contextlib.ExitStack):
    """The temporary folder of one call. Messages name what lies in it by the
    file's name alone."""

    def __init__(self):
        super().__init__()
        self._folder = None

    def __exit__(self, kind, error, trace):
        folder = self._folder
        super().__exit__(kind, error, trace)
        if folder and isinstance(error, Error) and folder in str(error):
            raise type(error)(str(error).replace(folder + os.sep, "")) from None

    def _path(self, name):
        if self._folder is None:
            self._folder = self.enter_context(
                tempfile.TemporaryDirectory(prefix="edge_int8_")
            )
        return os.path.join(self._folder, name)

    def array_file(self, array, argument, kinds=_CALIBRATION_KINDS):
        """A .npy of it; a path stays what it is, None becomes no path."""
        if array is None:
            return ""
        if is_path(array):
            return os.fspath(array)
        array = np.asarray(array)
        if array.dtype.newbyteorder("=") not in kinds:
            names = ", ".join(str(kind) for kind in kinds)
            raise TypeError(
                f"{argument} holds {array.dtype}, expected one of {names}"
            )
        path = self._path(f"{argument}.npy")
        little = array.dtype.newbyteorder("<")
        np.save(path, np.ascontiguousarray(array, little))
        return path

    def predictions_file(self, predictions):
        """Likewise of a model's answers: floats, or classes."""
        if predictions is not None and not is_path(predictions):
            predictions = np.asarray(predictions)
            wanted = np.int64 if predictions.dtype.kind in "iu" else np.float32
            if predictions.dtype.kind in "iuf":
                predictions = predictions.astype(wanted)
        kinds = (np.dtype(np.float32), np.dtype(np.int64))
        return self.array_file(predictions, "predictions", kinds)

    def json_file(self, content, argument):
        """Likewise of a dict."""
        if not isinstance(content, dict):
            return "" if content is None else os.fspath(content)
        path = self._path(f"{argument}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)
        return path

    @staticmethod
    def name(value, file):
        """What messages call it: its path, or the file that it becomes."""
        if value is None:
            return ""
        return os.fspath(value) if is_path(value) else file

    def network_file(self, model, data, dataset, calibration=None):
        """The file of a float network. A module is exported for the windows of
        the calibration or of the data set."""
        if is_path(model):
            return os.fspath(model)
        if isinstance(model, _native.FloatModel):
            return os.fspath(model.path)
        if torch_export.is_module(model):
            require_windows(model, calibration, data)
            path = self._path(f"{type(model).__name__}.onnx")
            window = _first_window(calibration, data, dataset)
            torch_export.export_module(model, window, path)
            return path
        raise TypeError(
            f"model is a {type(model).__name__}, expected a torch.nn.Module or "
            "the path of a .pth or .onnx file"
        )


def require_windows(model, calibration, data):
    """Something says what windows a module takes; a file says it itself."""
    if torch_export.is_module(model) and calibration is None and data is None:
        raise UsageError(
            "model is a torch.nn.Module: data says what its windows are"
        )


def _first_window(calibration, data, dataset):
    """One window of the calibration or of the data set's shape, float32."""
    if calibration is not None:
        windows = calibration
        if is_path(windows):
            windows = np.load(windows, mmap_mode="r")
        windows = np.asarray(windows)
        if windows.ndim < 2 or len(windows) == 0:
            raise ValueError(
                f"calibration has shape {windows.shape}, expected windows "
                "(n, ...)"
            )
        return np.ascontiguousarray(windows[0], np.float32)
    return np.zeros(_native.window_shape(data, dataset), np.float32)
