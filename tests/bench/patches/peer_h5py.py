"""h5py's patches: make RAW NUMPY_TYPE N FILE FORM CHUNK | read FILE POSITIONS EDGE PROCESSES

FORM: gzip (gzip-1), gzip+shuffle, lzf+shuffle, none; CHUNK 0 is contiguous. Prints {"ms", "sha256"} as ours does."""
import hashlib
import json
import multiprocessing
import sys
import time

import h5py
import numpy as np


def make(raw, dtype, n, file, form, chunk):
    data = np.fromfile(raw, dtype).reshape(n, n, n)
    options = {}
    if chunk:
        options["chunks"] = (chunk,) * 3
    if form.startswith("gzip"):
        options.update(compression="gzip", compression_opts=1)
    if form.startswith("lzf"):
        options["compression"] = "lzf"
    if form.endswith("+shuffle"):
        options["shuffle"] = True
    with h5py.File(file, "w") as h5:
        h5.create_dataset("image", data=data, **options)


def boxes(positions, edge):
    return [tuple(slice(v, v + edge) for v in map(int, line.split()[::-1])) for line in open(positions)]


def part(file, all_boxes, first, step, ready, times):
    with h5py.File(file, "r") as h5:
        image = h5["image"]
        image[all_boxes[first]]
        ready.wait()
        start = time.perf_counter()
        for box in all_boxes[first::step]:
            image[box]
        times.put((start, time.perf_counter()))


def read(file, positions, edge, processes):
    all_boxes = boxes(positions, edge)
    digest = hashlib.sha256()
    with h5py.File(file, "r") as h5:
        for box in all_boxes:
            digest.update(np.ascontiguousarray(h5["image"][box]))
    ready, times = multiprocessing.Barrier(processes), multiprocessing.Queue()
    if processes == 1:
        part(file, all_boxes, 0, 1, ready, times)
    else:
        workers = [multiprocessing.Process(target=part, args=(file, all_boxes, i, processes, ready, times)) for i in range(processes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    spans = [times.get() for _ in range(processes)]
    passed = max(end for _, end in spans) - min(start for start, _ in spans)
    print(json.dumps({"ms": passed * 1e3 / len(all_boxes), "sha256": digest.hexdigest()}))


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6], int(sys.argv[7]))
else:
    read(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
