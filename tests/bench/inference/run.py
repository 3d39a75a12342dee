"""Inference of one case, ours and the same network in PyTorch in turn; one JSON row a line. See ../README.md."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import nibabel
import numpy as np

HERE = pathlib.Path(__file__).parent
AIM = 2  # half of the peer's time


def smooth(shape, seed):
    """A cuboid of tissue with a brighter, curved structure: of hippocampus's size and kind."""
    random = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    structure = ((x - 0.4 * y ** 2) / 0.35) ** 2 + (y / 0.7) ** 2 + (z / 0.4) ** 2 < 1
    label = structure * (1 + (y > 0))
    image = 300 + 100 * np.sin(3 * x + 2 * y) + 120 * structure + random.normal(0, 40, shape)
    return image.astype(np.float32), label.astype(np.uint8)


def prepare(folder, programs, shapes):
    """Raw files, a dataset of them and a model of the plan that configure would choose, trained for a moment."""
    (folder / "raw/imagesTr").mkdir(parents=True)
    (folder / "raw/labelsTr").mkdir()
    cases = {}
    for i, shape in enumerate(shapes):
        image, label = smooth(shape, i)
        cases[f"c{i:02}"] = image
        for part, voxels in (("imagesTr", image), ("labelsTr", label)):
            nibabel.save(nibabel.Nifti1Image(voxels.T, np.eye(4)), folder / "raw" / part / f"c{i:02}.nii.gz")
    np.savez(folder / "cases.npz", **cases)
    (folder / "raw/dataset.json").write_text(json.dumps({"modality": {"0": "MRI"}, "labels": {"0": "background", "1": "front", "2": "back"},
        "training": [{"image": f"./imagesTr/{c}.nii.gz", "label": f"./labelsTr/{c}.nii.gz"} for c in cases]}))
    run = lambda step, *words: subprocess.run([programs / f"cohort-{step}", *words, "--progress", "none", "--quiet"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    run("ingest", "--input", "raw", "--layout", "msd", "--privacy", "anonymous", "--out", "dataset")
    run("train", "--dataset", "dataset", "--iterations", "20", "--out", "model", "--threads", "1")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.bin).resolve()
    sets = {"hippocampus's sizes (about 36×50×35)": [(36 + i % 5, 50 - i % 4, 35 + i % 3) for i in range(12)], "96×112×96": [(96, 112, 96)]}
    for what, shapes in sets.items():
        with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
            folder = pathlib.Path(name)
            prepare(folder, build / "bin", shapes)

            def call(*command):
                done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, cwd=folder)
                return json.loads(done.stdout)["ms"]

            for threads in (1, 2):
                if threads > len(os.sched_getaffinity(0)):
                    continue
                for mirror in ("none", "xyz"):
                    if mirror == "xyz" and (threads == 2 or len(shapes) == 1):
                        continue
                    mine, theirs = [], []
                    for _ in range(arguments.runs):
                        mine.append(call(build / "bench/inference", "dataset", "model", "ours.u8", threads, mirror))
                        theirs.append(call("/usr/bin/python3", HERE / "peer_torch.py", "cases.npz", "model", "peer.u8", threads, mirror))
                    a, b = np.fromfile(folder / "ours.u8", np.uint8), np.fromfile(folder / "peer.u8", np.uint8)
                    agree = float((a == b).mean()) if a.shape == b.shape else 0.0
                    plan = json.loads((folder / "model/plan.json").read_text())["choices"]
                    m, t = statistics.median(mine), statistics.median(theirs)
                    print(json.dumps({
                        "task": f"inference of one case, {what}, {threads} thr" + (", 8 flips" if mirror == "xyz" else ""),
                        "ours": m, "peer": t, "ours_spread": [min(mine), max(mine)], "peer_spread": [min(theirs), max(theirs)],
                        "unit": "ms", "peer_name": "python3-torch, same network and windows, inference_mode", "ratio": t / m,
                        "aim": AIM, "same": agree > 0.9995,
                        "note": f"voxels that agree: {agree:.6f}; windows {'×'.join(map(str, plan['patch_size']['value']))}; ours reads "
                                "shards, the peer's images lie in memory"}, ensure_ascii=False), flush=True)


main()
