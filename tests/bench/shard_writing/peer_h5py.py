"""RAW NUMPY_TYPE N COPIES FILE CHUNK: writes the cube with gzip-1 + shuffle, prints {"s": wall time}."""
import json
import sys
import time

import h5py
import numpy as np

raw, dtype, n, copies, file, chunk = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6])
data = np.fromfile(raw, dtype).reshape(n, n, n)
start = time.perf_counter()
with h5py.File(file, "w") as h5:
    for i in range(copies):
        h5.create_dataset(f"samples/s{1000 + i}/image", data=data, chunks=(chunk,) * 3, compression="gzip", compression_opts=1, shuffle=True)
print(json.dumps({"s": time.perf_counter() - start}))
