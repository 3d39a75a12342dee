"""Fused augmentation of image and label against scipy and torch, in turn; one JSON row a line. See ../README.md."""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
SIZES = ((40, 56, 40), (96, 96, 96))
# (recipe, when it is warped) -> words
WORKS = {("nnunet", "preset"): "nnU-Net preset as drawn", ("nnunet", "always"): "nnU-Net preset, each rotated and scaled",
         ("nnunet-elastic", "always"): "the same with B-spline elastic"}
AIMS = {  # by work, size, peer: 1 thread, 2 threads
    ("nnunet", 0, "scipy"): (10, 18), ("nnunet", 1, "scipy"): (5, 10), ("nnunet", 0, "torch"): (5, 9), ("nnunet", 1, "torch"): (3, 5),
    ("nnunet-elastic", 0, "scipy"): (40, None), ("nnunet-elastic", 1, "scipy"): (20, None),
    ("nnunet-elastic", 0, "torch"): (12, None), ("nnunet-elastic", 1, "torch"): (12, None)}
NAMES = {"scipy": "scipy (order 1; one thread) and numpy", "torch": "python3-torch grid_sample"}


def subject(nx, ny, nz):
    """A z-scored image with texture and a label of two classes side by side, as large as a hippocampus in its patch."""
    rng = np.random.default_rng(3)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in (nz, ny, nx)], indexing="ij", sparse=True)
    inside = (x / 0.45) ** 2 + (y / 0.7) ** 2 + (z / 0.4) ** 2 < 1
    label = (inside * (1 + (y > 0.1))).astype(np.uint16)
    image = np.sin(5 * x + 2 * y) + np.cos(4 * z - 3 * y) + label + rng.normal(0, 0.3, label.shape)
    return ((image - image.mean()) / image.std()).astype(np.float32), label


def call(*command):
    return json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)


def read(file, voxels):
    """(images, labels) of all items."""
    raw = np.fromfile(file, np.uint8).reshape(-1, 6 * voxels)
    return raw[:, :4 * voxels].copy().view(np.float32), raw[:, 4 * voxels:].copy().view(np.uint16)


def agreement(mine, theirs, voxels):
    """Whether the images are the same but for rounding, and the share of voxels with equal labels."""
    (a, la), (b, lb) = read(mine, voxels), read(theirs, voxels)
    # Where a coordinate falls on the border of the image to within rounding, one side may read it and the other not.
    close = np.mean(np.abs(a - b) < 0.01) > 0.9995
    return bool(close), float(np.mean(la == lb))


def row(program, folder, work, size, peer, threads, items, runs, clock):
    recipe, when = work
    shape = SIZES[size]
    raw, drawn, mine, theirs = (folder / f"{name}-{recipe}-{when}-{size}" for name in ("raw", "drawn", "ours", peer))
    image, label = subject(*shape)
    raw.write_bytes(image.tobytes() + label.tobytes())
    arguments = [recipe, when, *shape, items]
    drawn.write_text(subprocess.run([str(p) for p in (program, "draw", *arguments)], check=True, capture_output=True, text=True).stdout)

    def ours(out="-"):
        return call(program, "run", *arguments, threads, raw, out)[clock]

    def other(out="-"):
        return call("/usr/bin/python3", HERE / "peer.py", peer, threads, drawn, raw, *shape, out)[clock]

    ours(mine), other(theirs)
    same, labels = agreement(mine, theirs, shape[0] * shape[1] * shape[2])
    times = [(ours(), other()) for _ in range(runs)]
    m, t = (statistics.median(side) for side in zip(*times))
    nearest = peer == "scipy" or recipe == "nnunet"
    print(json.dumps({
        "task": f"augmentation {'×'.join(map(str, shape))}, {WORKS[work]}, {threads} thr", "ours": m, "peer": t,
        "ours_spread": [min(a for a, _ in times), max(a for a, _ in times)], "peer_spread": [min(b for _, b in times), max(b for _, b in times)],
        "unit": "ms", "peer_name": NAMES[peer], "ratio": t / m, "aim": AIMS[(recipe, size, peer)][threads - 1], "same": same,
        "note": f"labels: ours by the largest trilinear share, {'theirs nearest' if nearest else 'theirs too (one-hot)'}; "
                f"equal in {100 * labels:.2f} % of the voxels"}, ensure_ascii=False), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--items", default="100,10", help="patches a run, by size")
    parser.add_argument("--peers", default="scipy,torch")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: for one thread on a machine that others use, too")
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.bin) / "bench" / "augmentation"
    items = [int(n) for n in arguments.items.split(",")]
    with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
        for work in WORKS:
            for size in range(len(SIZES)):
                for peer in arguments.peers.split(","):
                    for threads in map(int, arguments.threads.split(",")):
                        row(program, pathlib.Path(name), work, size, peer, threads, items[size],
                            arguments.runs, {"wall": "ms", "cpu": "cpu_ms"}[arguments.clock])


main()
