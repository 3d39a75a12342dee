"""ingest of .nii.gz against nibabel: ten volumes of 256^3, and hippocampus where it is present."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import nibabel
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def make_volumes(folder, count=10, side=256):
    """Smooth structure and Rician noise, int16, as a scanner's: compresses like one (about .57)."""
    os.makedirs(folder)
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    radius = np.sqrt(axis[:, None, None] ** 2 + axis[None, :, None] ** 2 + axis[None, None, :] ** 2)
    head = np.clip(1.2 - radius, 0, None) * 900 * (1 + .3 * np.cos(9 * radius))
    for i in range(count):
        random = np.random.default_rng(i)
        noisy = np.sqrt((head + random.normal(0, 12, head.shape).astype(np.float32)) ** 2 + random.normal(0, 12, head.shape).astype(np.float32) ** 2)
        nibabel.save(nibabel.Nifti1Image(noisy.astype(np.int16), np.eye(4)), os.path.join(folder, f"v{i}.nii.gz"))


def ours(binary, folder, out, threads):
    shutil.rmtree(out, ignore_errors=True)
    begin = time.perf_counter()
    subprocess.run([binary, "--input", folder, "--out", out, "--threads", str(threads), "--accept-quarantined", "all", "--quiet", "--progress", "none"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def peer(work, folder, scratch):
    words = [sys.executable, os.path.join(HERE, "peer.py"), work, folder] + ([os.path.join(scratch, "peer.h5")] if work == "same" else [])
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def same_result(folder, out):
    """Every sample's image in the shards equals what nibabel reads."""
    import glob
    shards = [h5py.File(name) for name in sorted(glob.glob(os.path.join(out, "shards", "*.h5")))]
    with open(os.path.join(out, "index.jsonl")) as index:
        known = index.read()
    for name in sorted(glob.glob(os.path.join(folder, "*.nii.gz")))[:3]:
        identifier = os.path.basename(name)[:-7]
        place = f"/samples/{identifier}/image"
        found = [shard[place] for shard in shards if place in shard]
        if identifier not in known or not found or not np.array_equal(np.asarray(found[0]).T, np.asarray(nibabel.load(name).dataobj)):
            return False
    return True


def row(task, aims, binary, folder, scratch, runs, threads, check):
    out = os.path.join(scratch, "out")
    for work, peer_name in (("read", "nibabel reads them (1 process)"), ("same", "nibabel, hashlib, h5py gzip-1 + shuffle (1 process)")):
        if aims.get(work) is None:
            continue
        times = {"ours": [], "peer": []}
        for _ in range(runs):
            times["ours"].append(ours(binary, folder, out, threads))
            times["peer"].append(peer(work, folder, scratch))
        mine, other = statistics.median(times["ours"]), statistics.median(times["peer"])
        print(json.dumps({"task": f"ingest {task}, {threads} thread{'s' * (threads > 1)}", "ours": mine, "peer": other,
                          "ours_spread": [min(times["ours"]), max(times["ours"])], "peer_spread": [min(times["peer"]), max(times["peer"])],
                          "unit": "s", "peer_name": peer_name, "ratio": other / mine, "aim": aims[work], "same": check(out),
                          "note": "ours is the whole process, synced; the peer's imports are not counted" if work == "read" else None}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    binary = next(path for path in (os.path.join(options.bin, "bin", "cohort-ingest"), os.path.join(options.bin, "cohort-ingest")) if os.path.exists(path))
    data = os.environ.get("COHORT_TEST_DATA") or os.path.join(HERE, "../../../../shared/data")
    with tempfile.TemporaryDirectory() as scratch:
        volumes = os.path.join(scratch, "volumes")
        make_volumes(volumes)
        for threads, aims in ((1, {"read": 1.2, "same": 4}), (2, {"read": 2, "same": 6})):
            row("10 × 256³ int16 .nii.gz", aims, binary, volumes, scratch, options.runs, threads, lambda out: same_result(volumes, out))
        hippocampus = os.path.join(data, "hippocampus")
        if not os.path.exists(hippocampus):
            print("skipped: data not present (hippocampus)", file=sys.stderr)
            return
        for threads, aims in ((1, {"read": 1, "same": 4}), (2, {"read": 1.5, "same": 6})):
            row("hippocampus, 419 files", aims, binary, hippocampus, scratch, options.runs, threads,
                lambda out: json.load(open(os.path.join(out, "manifest.json")))["content"]["samples"] == 208)


main()
