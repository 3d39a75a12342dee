"""A phantom trained to overfit, from files to scores: Dice above .98, on the native grid of a turned, anisotropic source.
    known_answer.py --bin BUILD/bin
"""
import argparse
import glob
import json
import os
import shutil
import sys
import tempfile

try:
    import nibabel
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing.name} not present (known answer of predict)")
    sys.exit(0)

from made_images import Programs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    given = parser.parse_args()
    work = tempfile.mkdtemp(prefix="cohort-known-")
    try:
        p = Programs(given.bin, work)
        os.system(f"'{os.path.join(given.bin, 'phantoms')}' --out '{p.at('raw')}' --cases 1 --seed 4")
        p.run("ingest", "--input", "raw", "--layout", "msd", "--privacy", "anonymous", "--out", "dataset")
        source = nibabel.load(glob.glob(p.at("raw", "labelsTr", "*.nii.gz"))[0])
        fine = str(min(source.header.get_zooms()))
        p.run("preprocess", "--dataset", "dataset", "--spacing-mm", fine, "--normalise", "zscore", "--label-interpolation", "linear",
              "--out", "prepared")
        p.run("train", "--dataset", "prepared", "--iterations", 220, "--width", 8, "--patch", "32,32,32", "--batch-size", 2,
              "--augmentation", "none", "--seed", 1, "--out", "model")
        for dataset in ("dataset", "prepared"):
            p.run("predict", "--dataset", dataset, "--models", "model", "--out", dataset + "_predicted")
        p.check(p.manifest("dataset_predicted")["digest"] == p.manifest("prepared_predicted")["digest"],
                "raw data, prepared in memory, is predicted otherwise than the prepared dataset")
        p.run("evaluate", "--predictions", "dataset_predicted", "--reference", "dataset", "--out", "scores")
        dice = p.manifest("scores")["content"]["mean_dice"]
        p.check(dice > 0.98, f"Dice is {dice}")
        p.run("export", "--dataset", "dataset_predicted", "--out", "files")
        found = nibabel.load(glob.glob(p.at("files", "*.nii.gz"))[0])
        p.check(os.path.basename(found.get_filename()) == os.path.basename(source.get_filename()), "the file's name is another")
        p.check(found.shape == source.shape and np.array_equal(found.affine, source.affine), "the grid is another")
        a, b = np.asarray(found.dataobj) > 0, np.asarray(source.dataobj) > 0
        by_hand = 2 * (a & b).sum() / (a.sum() + b.sum())
        p.check(abs(by_hand - dice) < 1e-6, f"evaluate says {dice}, counting voxels {by_hand}")
        print(f"Dice {dice:.4f} on {source.shape} voxels of {[round(float(z), 2) for z in source.header.get_zooms()]} mm")
        return p.done()
    finally:
        shutil.rmtree(work, ignore_errors=True)


sys.exit(main())
