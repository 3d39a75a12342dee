"""Resampling 160³ to 200³, ours and scipy.ndimage.zoom in turn; one JSON row a line. See ../README.md."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "patches"))
from cubes import cube  # noqa: E402

FROM, TO = 160, 200
AIMS = {"linear": 15, "cubic": 30}


def milliseconds(*command):
    return json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)["ms"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.bin) / "bench" / "preprocess"
    with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
        folder = pathlib.Path(name)
        raw, mine_out, peer_out = folder / "raw", folder / "ours", folder / "peer"
        cube("z-scored", FROM).tofile(raw)
        for how in ("linear", "cubic"):
            mine, theirs, same = [], [], True
            for _ in range(arguments.runs):
                mine.append(milliseconds(program, raw, FROM, TO, how, 1, mine_out))
                theirs.append(milliseconds("/usr/bin/python3", HERE / "peer_scipy.py", raw, FROM, TO, how, peer_out))
                a, b = np.fromfile(mine_out, np.float32), np.fromfile(peer_out, np.float32)
                same = same and a.shape == b.shape and float(np.abs(a - b).max()) < 1e-4
            m, t = statistics.median(mine), statistics.median(theirs)
            speed = lambda ms: f"{TO ** 3 / ms / 1e3:.0f}"
            print(json.dumps({
                "task": f"resample {FROM}³ → {TO}³ float32, {how}, 1 thr", "ours": m, "peer": t,
                "ours_spread": [min(mine), max(mine)], "peer_spread": [min(theirs), max(theirs)], "unit": "ms",
                "peer_name": f"scipy.ndimage.zoom, order {1 if how == 'linear' else 3}", "ratio": t / m, "aim": AIMS[how], "same": same,
                "note": f"{speed(m)} against {speed(t)} Mvoxel/s; same: within 1e-4 of SD 1"}, ensure_ascii=False), flush=True)


main()
