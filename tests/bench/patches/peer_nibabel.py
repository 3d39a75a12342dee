"""nibabel's patches of an uncompressed .nii: make RAW NUMPY_TYPE N FILE | read FILE POSITIONS EDGE proxy|map"""
import hashlib
import json
import sys
import time

import nibabel
import numpy as np


def make(raw, dtype, n, file):
    data = np.fromfile(raw, dtype).reshape(n, n, n).T
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), file)


def read(file, positions, edge, way):
    boxes = [tuple(slice(v, v + edge) for v in map(int, line.split())) for line in open(positions)]
    image = nibabel.load(file)
    # "proxy" is how nibabel's manual has it; "map" keeps a memory map of the whole file (unscaled data only).
    data = image.dataobj if way == "proxy" else np.asanyarray(image.dataobj)
    digest = hashlib.sha256()
    for box in boxes:
        digest.update(np.array(data[box]).tobytes(order="F"))
    start = time.perf_counter()
    for box in boxes:
        np.array(data[box])
    passed = time.perf_counter() - start
    print(json.dumps({"ms": passed * 1e3 / len(boxes), "sha256": digest.hexdigest()}))


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
else:
    read(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
