#!/usr/bin/env python3
"""A dataset folder with its windows repeated: what a big set costs to evaluate.

  bench/repeat_windows.py synthetic big --files 450 --times 3
  time build/bin/edge-int8 evaluate --model half.ei8 --data big --split all

450 files of 40 windows, three times, are 54,000 windows and 2.3 GB. Every copy is
a file of its own to the split. Needs NumPy.
"""

import argparse
import os
import pickle
import shutil

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source')
    parser.add_argument('target')
    parser.add_argument('--files', type=int, required=True)
    parser.add_argument('--times', type=int, required=True)
    args = parser.parse_args()
    source = lambda name: os.path.join(args.source, name)  # noqa: E731
    target = lambda name: os.path.join(args.target, name)  # noqa: E731
    os.makedirs(args.target)
    info = np.load(source('file_info.npz'), allow_pickle=True)
    windows = np.load(source('window_info.npz'))
    with open(source('file_mappings.pkl'), 'rb') as file:
        mappings = pickle.load(file)
    csi = np.load(source('csi_windows.npy'), mmap_mode='r')
    poses = np.load(source('all_keypoints.npy'))
    count = int(info['window_ranges'][args.files - 1][1])
    repeat = range(args.times)
    big = np.lib.format.open_memmap(target('csi_windows.npy'), 'w+', csi.dtype,
                                    (count * args.times,) + csi.shape[1:])
    for i in repeat:
        big[i * count:(i + 1) * count] = csi[:count]
    names = [f'{i}/{name}' for i in repeat
             for name in info['keypoints_files'][:args.files]]
    np.savez(target('file_info.npz'),
             keypoints_files=np.array(names, object),
             file_ids=np.array(names, object),
             window_ranges=np.concatenate(
                 [info['window_ranges'][:args.files] + i * count
                  for i in repeat]))
    np.savez(target('window_info.npz'),
             window_to_file=np.concatenate(
                 [windows['window_to_file'][:count] + i * args.files
                  for i in repeat]),
             window_to_frame=np.tile(windows['window_to_frame'][:count],
                                     args.times))
    np.save(target('all_keypoints.npy'), poses)
    with open(target('file_mappings.pkl'), 'wb') as file:
        pickle.dump({name: mappings[name.split('/', 1)[1]] for name in names},
                    file)
    for name in ('config.npz', 'synthetic.json'):
        if os.path.exists(source(name)):
            shutil.copy(source(name), target(name))


if __name__ == '__main__':
    main()
