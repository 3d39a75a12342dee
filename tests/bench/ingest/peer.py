"""The peers of ingest, timed within the process (imports not counted).

peer.py read FOLDER           nibabel reads every image to an array
peer.py same FOLDER OUT       the same work as cohort-ingest: read, SHA-256 of files and arrays, HDF5 by h5py (gzip 1 +
                              shuffle, chunks 32^3), synced
"""
import glob
import hashlib
import os
import sys
import time

import h5py
import nibabel
import numpy as np


def images(folder):
    return sorted(glob.glob(os.path.join(folder, "**", "*.nii.gz"), recursive=True))


def read(folder):
    for name in images(folder):
        np.asarray(nibabel.load(name).dataobj)


def same(folder, out):
    with h5py.File(out, "w") as shard:
        for name in images(folder):
            with open(name, "rb") as file:
                hashlib.sha256(file.read())
            voxels = np.ascontiguousarray(np.asarray(nibabel.load(name).dataobj).T)
            hashlib.sha256(voxels)
            shard.create_dataset(os.path.relpath(name, folder), data=voxels, compression="gzip", compression_opts=1, shuffle=True,
                                 chunks=tuple(min(32, n) for n in voxels.shape))
    descriptor = os.open(out, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


begin = time.perf_counter()
{"read": read, "same": same}[sys.argv[1]](*sys.argv[2:])
print(time.perf_counter() - begin)
