"""peer_torch.py DATA FOLD MINUTES THREADS OUT.csv: a plain U-Net in PyTorch, trained and scored on one fold.

What a user would write for the same task: width 8, four stages, batches of two whole (padded) images, z-scored, AdamW at
3e-3 falling by the poly rule, light shifts and noise, Dice + cross-entropy. Images are kept in memory. DATA is a
Decathlon folder with nnunet/splits_final.json. Writes case, label, dice of the validation part.
"""
import csv
import json
import pathlib
import sys
import time

import nibabel
import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "training_step"))
from unet import UNet, dice_and_cross_entropy  # noqa: E402

data, fold, minutes, threads, out = pathlib.Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
torch.set_num_threads(threads)
torch.manual_seed(0)
random = np.random.default_rng(0)
PATCH = (40, 56, 40)  # as the files have it: x, y, z


def read(name):
    image = nibabel.load(data / "imagesTr" / f"{name}.nii.gz").get_fdata(dtype=np.float32)
    label = np.asarray(nibabel.load(data / "labelsTr" / f"{name}.nii.gz").dataobj).astype(np.int64)
    return (image - image.mean()) / max(image.std(), 1e-8), label


def box(array, origin):
    """The patch whose lower corner lies at origin; zeros outside the image."""
    result = np.zeros(PATCH, array.dtype)
    here = [slice(max(o, 0), min(o + p, n)) for o, p, n in zip(origin, PATCH, array.shape)]
    there = [slice(s.start - o, s.stop - o) for s, o in zip(here, origin)]
    if all(s.stop > s.start for s in here):
        result[tuple(there)] = array[tuple(here)]
    return result


def centred(shape):
    return [(n - p) // 2 for n, p in zip(shape, PATCH)]


def batch(cases):
    images, labels = [], []
    for image, label in (cases[i] for i in random.integers(len(cases), size=2)):
        origin = [c + s for c, s in zip(centred(image.shape), random.integers(-4, 5, size=3))]
        patch = box(image, origin)
        if random.random() < 0.5:
            patch = patch + random.normal(0, random.uniform(0, 0.1), PATCH).astype(np.float32)
        images.append(patch)
        labels.append(box(label, origin))
    return torch.from_numpy(np.stack(images)).unsqueeze(1), torch.from_numpy(np.stack(labels))


def windows(size, patch):
    return sorted({0, size - patch}) if size > patch else [(size - patch) // 2]


def predict(model, image):
    """Mean of the softmax over the windows that cover the image."""
    total, count = np.zeros((3, *image.shape), np.float32), np.zeros(image.shape, np.float32)
    for origin in [(x, y, z) for x in windows(image.shape[0], PATCH[0]) for y in windows(image.shape[1], PATCH[1])
                   for z in windows(image.shape[2], PATCH[2])]:
        with torch.no_grad():
            p = model(torch.from_numpy(box(image, origin))[None, None]).softmax(1)[0].numpy()
        here = tuple(slice(max(o, 0), min(o + q, n)) for o, q, n in zip(origin, PATCH, image.shape))
        there = tuple(slice(s.start - o, s.stop - o) for s, o in zip(here, origin))
        total[(slice(None), *here)] += p[(slice(None), *there)]
        count[here] += 1
    return (total / count).argmax(0)


def main():
    split = json.loads((data / "nnunet" / "splits_final.json").read_text())[fold]
    present = {path.name.removesuffix(".nii.gz") for path in (data / "labelsTr").glob("[!.]*.nii.gz")}
    present &= {path.name.removesuffix(".nii.gz") for path in (data / "imagesTr").glob("[!.]*.nii.gz")}
    cases = [read(name) for name in split["train"] if name in present]
    model = UNet(8)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=3e-5)
    began, iterations, loss = time.perf_counter(), 0, 0.0
    while (done := (time.perf_counter() - began) / (minutes * 60)) < 1:  # the rate follows the clock, so that it ends at 0
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (1 - done) ** 0.9
        image, label = batch(cases)
        optimiser.zero_grad()
        loss = dice_and_cross_entropy(model(image), label)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 12)
        optimiser.step()
        iterations += 1
    model.eval()
    sums = {1: [], 2: []}
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "label", "dice"])
        for name in sorted(set(split["val"]) & present):
            image, label = read(name)
            found = predict(model, image)
            for value in sums:
                a, b = found == value, label == value
                sums[value].append(2 * (a & b).sum() / (a.sum() + b.sum()))
                writer.writerow([name, value, sums[value][-1]])
    print(json.dumps({"iterations": iterations, "dice": {str(k): float(np.mean(v)) for k, v in sums.items()}}))


main()
