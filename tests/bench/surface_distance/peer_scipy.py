"""Surface distances by scipy's distance transforms: RAW X Y Z SX SY SZ full|cropped REPEATS. Prints what ours prints."""
import json
import sys
import time

import numpy as np
from scipy import ndimage

shape = tuple(map(int, sys.argv[2:5]))[::-1]
spacing = tuple(map(float, sys.argv[5:8]))[::-1]
cropped, repeats = sys.argv[8] == "cropped", int(sys.argv[9])
reference, prediction = np.fromfile(sys.argv[1], np.uint8).reshape(2, *shape).astype(bool)


def scores(a, b):
    if cropped:
        box = ndimage.find_objects((a | b).astype(np.uint8))[0]
        box = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in box)
        a, b = a[box], b[box]
    border_a, border_b = a & ~ndimage.binary_erosion(a), b & ~ndimage.binary_erosion(b)
    to_b = ndimage.distance_transform_edt(~border_b, sampling=spacing)[border_a]
    to_a = ndimage.distance_transform_edt(~border_a, sampling=spacing)[border_b]
    total = to_a.size + to_b.size
    within = (to_a <= 1 + 1e-9).sum() + (to_b <= 1 + 1e-9).sum()
    return {"hd": max(to_a.max(), to_b.max()), "hd95": max(np.percentile(to_a, 95), np.percentile(to_b, 95)),
            "assd": (to_a.sum() + to_b.sum()) / total, "surface_dice": within / total}


best = float("inf")
for _ in range(repeats):
    start = time.perf_counter()
    result = scores(reference, prediction)
    best = min(best, time.perf_counter() - start)
print(json.dumps({**{name: float(value) for name, value in result.items()}, "ms": best * 1e3}))
