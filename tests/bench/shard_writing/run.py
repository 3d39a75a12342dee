"""Writing shards, ours (codec fast) and h5py in turn; one JSON row a line. See ../README.md."""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "patches"))
from cubes import cube  # noqa: E402


def call(*command):
    return json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)["s"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--edge", type=int, default=256)
    parser.add_argument("--copies", type=int, default=4)
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.bin) / "bench" / "shard_writing"
    n, copies = arguments.edge, arguments.copies
    for kind, aims in (("i16", (8, 14)), ("z-scored", (4, 8)), ("integers", (4, 8))):
        with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
            folder = pathlib.Path(name)
            raw, data = folder / "raw", cube(kind, n)
            data.tofile(raw)
            peer_file = folder / "peer.h5"
            numpy_type, our_type = ("<i2", "i16") if kind == "i16" else ("<f4", "f32")

            def peer(chunk):
                peer_file.unlink(missing_ok=True)
                return call("/usr/bin/python3", HERE / "peer_h5py.py", raw, numpy_type, n, copies, peer_file, chunk)

            def ours(threads):
                shutil.rmtree(folder / "ours", ignore_errors=True)
                return call(program, raw, our_type, n, copies, folder / "ours", threads)

            chunk = min((16, 32, 64), key=peer)
            for threads in (1, 2):
                mine, theirs = [], []
                for _ in range(arguments.runs):
                    mine.append(ours(threads))
                    theirs.append(peer(chunk))
                same = True
                for file in sorted((folder / "ours/shards").glob("*.h5")):
                    with h5py.File(file) as h5:
                        same = same and all(np.array_equal(sample["image"][()], data) for sample in h5["samples"].values())
                size = sum(file.stat().st_size for file in (folder / "ours/shards").glob("*.h5"))
                m, t = statistics.median(mine), statistics.median(theirs)
                total = data.nbytes * copies
                what = "int16" if kind == "i16" else "float32 " + kind
                print(json.dumps({
                    "task": f"shard writing, {copies} × {n}³ {what}, {threads} thr", "ours": m * 1e3, "peer": t * 1e3,
                    "ours_spread": [min(mine) * 1e3, max(mine) * 1e3], "peer_spread": [min(theirs) * 1e3, max(theirs) * 1e3],
                    "unit": "ms", "peer_name": f"h5py gzip-1 + shuffle, chunks {chunk}³, one process", "ratio": t / m,
                    "aim": aims[threads - 1], "same": same,
                    "note": f"{total / m / 1e6:.0f} against {total / t / 1e6:.0f} MB/s; size {size / total:.2f} against "
                            f"{peer_file.stat().st_size / total:.2f}"}, ensure_ascii=False), flush=True)


main()
