"""Surface metrics of masks of 256×256×128 against scipy's distance transforms, in turn; one JSON row a line."""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
SHAPE = (256, 256, 128)
SPACING = (0.9, 0.9, 1.5)


def organ(large):
    """Reference and prediction: a bumpy body and the same moved, swollen and with a piece more."""
    nx, ny, nz = SHAPE
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in (nz, ny, nx)], indexing="ij", sparse=True)
    size = 0.75 if large else 0.2

    def body(dx, grow):
        bumps = 0.08 * np.sin(9 * x) * np.cos(7 * y) * np.sin(5 * z + 1)
        return ((x - dx) ** 2 + (y * 1.2) ** 2 + (z * 1.1) ** 2) < (size * grow * (1 + bumps)) ** 2

    prediction = body(0.03 * size, 1.03) | (((x - size) ** 2 + y ** 2 + z ** 2) < (0.15 * size) ** 2)
    return np.stack([body(0, 1), prediction]).astype(np.uint8)


def call(*command):
    return json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.bin) / "bench" / "surface_distance"
    with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
        for what, large in (("organ over the whole field", True), ("organ of a fifth of the field", False)):
            raw = pathlib.Path(name) / "masks"
            organ(large).tofile(raw)
            for way, threads, aim in (("full", 1, 40), ("full", 2, None), ("cropped", 1, 10), ("cropped", 2, 15)):
                mine, theirs, same = [], [], True
                for _ in range(arguments.runs):
                    a = call(program, raw, *SHAPE, *SPACING, threads, 3)
                    b = call("/usr/bin/python3", HERE / "peer_scipy.py", raw, *SHAPE, *SPACING, way, 1)
                    same = same and all(abs(a[key] - b[key]) < 1e-9 * (1 + abs(b[key])) for key in b if key != "ms")
                    mine.append(a["ms"])
                    theirs.append(b["ms"])
                m, t = statistics.median(mine), statistics.median(theirs)
                print(json.dumps({
                    "task": f"surface metrics {'×'.join(map(str, SHAPE))}, {what}, {threads} thr", "ours": m, "peer": t,
                    "ours_spread": [min(mine), max(mine)], "peer_spread": [min(theirs), max(theirs)], "unit": "ms",
                    "peer_name": f"scipy distance_transform_edt, {'the full grid' if way == 'full' else 'cropped to both masks'} (one thread)",
                    "ratio": t / m, "aim": aim, "same": same,
                    "note": "HD, HD95, ASSD and surface Dice at 1 mm from two masks; ours counts all labels of the pair besides"},
                    ensure_ascii=False), flush=True)


main()
