"""Writes the arrays of str that string_array_test.cc reads and the defaultdicts
that pickle_test.cc reads. Run once with NumPy 1 and once with NumPy 2, whose
modules have other names: python3 make_strings.py"""
import collections
import os
import pickle

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MAJOR = np.__version__.split('.')[0]


def path(name):
    return os.path.join(HERE, name)


names = ['kp/0.csv', 'kp/\u00e9\u6c34.csv', '']
np.save(path('text.npy'), np.array(names))
objects = np.array([np.str_(name) for name in names], dtype=object)
np.save(path(f'str_objects_numpy{MAJOR}.npy'), objects, allow_pickle=True)

mappings = collections.defaultdict(dict)
mappings['kp/0.csv']['start_idx'] = 3
nothing = collections.defaultdict()
nothing['a'] = 'b'
for protocol in (2, 4):
    with open(path(f'defaultdict_{protocol}.pkl'), 'wb') as file:
        pickle.dump([mappings, nothing] +
                    [collections.defaultdict(factory)
                     for factory in (list, int, float, str)], file, protocol)
