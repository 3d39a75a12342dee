"""peer_scipy.py RAW FROM TO linear|cubic OUT: scipy.ndimage.zoom of the cube, prints {"ms": …} after one run to warm up."""
import json
import sys
import time

import numpy as np
import scipy.ndimage as ndimage

raw, before, after, how, out = sys.argv[1:]
before, after, order = int(before), int(after), {"linear": 1, "cubic": 3}[how]
cube = np.fromfile(raw, np.float32).reshape(before, before, before)
times = []
for _ in range(2):
    begin = time.perf_counter()
    result = ndimage.zoom(cube, after / before, order=order)
    times.append(time.perf_counter() - begin)
result.astype(np.float32).tofile(out)
print(json.dumps({"ms": times[-1] * 1e3}))
