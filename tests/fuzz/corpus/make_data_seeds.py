"""Writes the small seeds of fuzz_npy, fuzz_npz and fuzz_csv; fuzz_pickle and
fuzz_state_dict start from files of tests/golden/readers. Run with NumPy 1:
/usr/bin/python3 make_data_seeds.py"""
import os
import shutil
import zipfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, '../../golden/readers')


def path(target, name):
    folder = os.path.join(HERE, target)
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


arrays = {
    'f4': np.arange(4, dtype='<f4').reshape(2, 2),
    'f8': np.arange(2, dtype='<f8'),
    'i4': np.arange(2, dtype='<i4'),
    'i8': np.int64(20),
    'u1': np.arange(3, dtype='u1'),
    'bool': np.array([True, False]),
    'object': np.array(['a', 'bc'], dtype=object),
}
for name, array in arrays.items():
    np.save(path('fuzz_npy', name + '.npy'), array, allow_pickle=True)
with open(path('fuzz_npy', 'version2.npy'), 'wb') as file:
    np.lib.format.write_array(file, arrays['f4'], version=(2, 0))
with open(path('fuzz_npy', 'version3.npy'), 'wb') as file:
    np.lib.format.write_array(file, arrays['f4'], version=(3, 0))

small = {name: arrays[name] for name in ('i8', 'object')}
np.savez(path('fuzz_npz', 'stored.npz'), **small)
np.savez_compressed(path('fuzz_npz', 'deflated.npz'), **small)

for name in ('mixed_2.pkl', 'mixed_4.pkl', 'mixed_5.pkl'):
    shutil.copy(os.path.join(GOLDEN, name), path('fuzz_pickle', name))
for name in ('plain.pth', 'views.pth', 'wrapped.pth', 'legacy.pth'):
    shutil.copy(os.path.join(GOLDEN, name), path('fuzz_state_dict', name))
for name in ('plain.pth', 'views.pth'):
    archive = zipfile.ZipFile(os.path.join(GOLDEN, name))
    inner = next(n for n in archive.namelist() if n.endswith('data.pkl'))
    with open(path('fuzz_state_dict', name[:-4] + '.pkl'), 'wb') as file:
        file.write(archive.read(inner))

header = ','.join(f'x{i},y{i}' for i in range(25))
seen = ','.join(f'{i}.5,{i}' for i in range(25))
unseen = ','.join(['0.0,0.0'] * 25)
for name, rows in {
        'header.csv': [header, seen, unseen, seen],
        'plain.csv': [unseen, seen],
        'time.csv': ['t,' + header, '0.03,' + seen],
        'counted.csv': [','.join(map(str, range(50))), seen],
        'quoted.csv': ['\ufeff"' + seen.replace(',', '","') + '",',
                       '1,2,' * 15 + ',' * 20],
}.items():
    with open(path('fuzz_csv', name), 'w') as file:
        file.write('\n'.join(rows) + '\n')
