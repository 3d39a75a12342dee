"""Bright ellipsoids on turned, anisotropic grids, as NIfTI files in the Decathlon's layout, and how programs are run."""
import json
import os
import subprocess

import nibabel
import numpy as np


def turned(spacing, order=(0, 1, 2), signs=(1, 1, 1), angle=0.3, origin=(-12.5, 7.25, 30)):
    """An affine whose voxel axes run along turned world axes, in another order and direction."""
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    affine = np.eye(4)
    for axis in range(3):
        affine[:3, axis] = rotation[:, order[axis]] * signs[axis] * spacing[axis]
    affine[:3, 3] = origin
    return affine


def ellipsoid(shape, affine, seed, radius_mm=(9, 7, 8)):
    """image (float32, noisy) and label (uint8) of one ellipsoid near the middle of the grid."""
    random = np.random.default_rng(seed)
    index = np.indices(shape).reshape(3, -1)
    world = affine[:3, :3] @ index + affine[:3, 3:]
    middle = affine[:3, :3] @ ((np.array(shape) - 1) / 2) + affine[:3, 3] + random.uniform(-1, 1, 3)
    inside = (((world - middle[:, None]) / np.array(radius_mm)[:, None]) ** 2).sum(0) < 1
    image = 100 + 80 * inside + random.normal(0, 8, inside.shape)
    return image.reshape(shape).astype(np.float32), inside.reshape(shape).astype(np.uint8)


def save(path, voxels, affine, qform_code=1, sform_code=2, descrip=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image = nibabel.Nifti1Image(voxels, affine)
    image.header.set_qform(affine, qform_code)
    image.header.set_sform(affine, sform_code)
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = descrip
    nibabel.save(image, path)


def describe(folder, channels=("MR",), names=("background", "thing")):
    with open(os.path.join(folder, "dataset.json"), "w") as file:
        listed = sorted(os.listdir(os.path.join(folder, "labelsTr")))
        json.dump({"modality": {str(i): name for i, name in enumerate(channels)}, "labels": {str(i): name for i, name in enumerate(names)},
                   "training": [{"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"} for name in listed]}, file)


class Programs:
    """Runs the programs in one folder and keeps what went wrong."""

    def __init__(self, bin_dir, work):
        self.bin, self.work, self.faults, self.checks = os.path.abspath(bin_dir), work, [], 0

    def at(self, *names):
        return os.path.join(self.work, *names)

    def check(self, holds, sentence):
        self.checks += 1
        if not holds:
            self.faults.append(sentence)
            print("FAILED " + sentence)

    def run(self, step, *words, code=0, says="", environment=None):
        """Ends the test when a step that should succeed does not; else notes a wrong code or sentence."""
        command = [os.path.join(self.bin, "cohort-" + step), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.work, env={**os.environ, **(environment or {})})
        if done.returncode != code and code in (0, 8):
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}, not {code}:\n{done.stderr[-3000:]}")
        self.check(done.returncode == code, f"{' '.join(command)} ended with {done.returncode}, not {code}: {done.stderr[-500:]}")
        self.check(says in done.stderr, f"{' '.join(command)} does not say '{says}': {done.stderr[-500:]}")
        for bare in ("terminate called", "std::", "c10::", "Traceback"):
            self.check(bare not in done.stderr, f"{' '.join(command)} shows a bare library message: {done.stderr[-500:]}")
        return done

    def manifest(self, name):
        with open(self.at(name, "manifest.json")) as file:
            return json.load(file)

    def done(self):
        print(f"{self.checks - len(self.faults)} of {self.checks} checks hold")
        return 1 if self.faults else 0
