"""A volume of 512×512×600 voxels is predicted within the memory that predict says it needs, far below its class scores.
Takes a minute or two and 1.5 GB of disk, so it is run by hand: large_volume.py --bin BUILD/bin [--slices 600]
"""
import argparse
import json
import re
import shutil
import sys
import tempfile

import numpy as np

from made_images import Programs, describe, ellipsoid, save, turned

CLASSES = 4


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--slices", type=int, default=600)
    given = parser.parse_args()
    work = tempfile.mkdtemp(prefix="cohort-large-")
    try:
        p = Programs(given.bin, work)
        affine = turned((0.7, 0.7, 1.0), signs=(-1, -1, 1))
        image, label = ellipsoid((64, 64, 32), affine, 1)
        label[:8], label[-8:] = 2, 3
        save(p.at("small", "imagesTr", "s.nii"), image, affine)
        save(p.at("small", "labelsTr", "s.nii"), label, affine)
        describe(p.at("small"), names=("background", "a", "b", "c"))
        p.run("ingest", "--input", "small", "--layout", "msd", "--privacy", "anonymous", "--out", "small_dataset")
        p.run("train", "--dataset", "small_dataset", "--iterations", 1, "--width", 2, "--stages", 2, "--patch", "256,256,32",
              "--batch-size", 1, "--out", "model")

        noise = np.random.default_rng(1).normal(0, 20, (512, 512, 40)).astype(np.int16)
        volume = np.concatenate([noise + 10 * i for i in range(-(-given.slices // 40))], axis=2)[:, :, :given.slices]
        save(p.at("large", "l.nii"), volume, affine)
        p.run("ingest", "--input", "large", "--privacy", "anonymous", "--out", "large_dataset")
        predict = ("--dataset", "large_dataset", "--models", "model")
        refused = p.run("predict", *predict, "--memory", "64M", "--out", "predicted", code=5, says="--memory")
        need = int(re.search(r"--memory (\d+)M", refused.stderr)[1])
        p.run("predict", *predict, "--memory", f"{need}M", "--out", "predicted")
        with open(p.at("predicted", "run.json")) as file:
            record = json.load(file)
        peak = next(value for key, value in record.items() if "peak" in key) / 2**20
        scores = volume.size * CLASSES * 4 / 2**20
        print(f"{volume.shape} voxels, {CLASSES} classes: needs {need} MiB by its own word, peak {peak:.0f} MiB, all scores {scores:.0f} MiB")
        p.check(peak <= need, f"the peak, {peak:.0f} MiB, is above the {need} MiB that were reserved")
        p.check(peak < 0.5 * scores, f"the peak, {peak:.0f} MiB, is not well below the {scores:.0f} MiB of all scores")
        return p.done()
    finally:
        shutil.rmtree(work, ignore_errors=True)


sys.exit(main())
