"""Windows of a dataset folder as .npy files, the same for every runtime.

Which windows those are comes from `edge-int8 dataset inspect`: the split's files
in its order, windows ascending inside a file, corrupt ones left out.
"""

import json
import os
import subprocess

import numpy as np


def inspect(program, data):
    text = subprocess.run([program, 'dataset', 'inspect', data, '--json'],
                          check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def clean_windows(data, inspection, split):
    info = np.load(os.path.join(data, 'file_info.npz'), allow_pickle=True)
    ranges = info['window_ranges']
    corrupt = set(inspection['corrupt_windows'])
    return [window for file in inspection['split'][split]['files']
            for window in range(*ranges[file]) if window not in corrupt]


def write(data, windows, path):
    """csi_windows.npy is mapped; only what is chosen is read."""
    csi = np.load(os.path.join(data, 'csi_windows.npy'), mmap_mode='r')
    np.save(path, np.ascontiguousarray(csi[sorted(windows)]
                                       [np.argsort(np.argsort(windows))]))


def write_all(program, data, folder, calibration_windows):
    """calibration.npy, val.npy and test.npy in `folder`; how many each holds."""
    inspection = inspect(program, data)
    train = clean_windows(data, inspection, 'train')
    step = max(1, len(train) // calibration_windows)
    chosen = {'calibration': train[::step][:calibration_windows],
              'val': clean_windows(data, inspection, 'val'),
              'test': clean_windows(data, inspection, 'test')}
    for name, windows in chosen.items():
        path = os.path.join(folder, name + '.npy')
        if not os.path.exists(path):
            write(data, windows, path)
    return {name: len(windows) for name, windows in chosen.items()}
