"""predict by its command line: raw and prepared data, native grids, probabilities, ensembles, mirroring, and misuse.
    predict_test.py --bin BUILD/bin
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
    print(f"skipped: {missing.name} not present (predict by its command line)")
    sys.exit(0)

from made_images import Programs, describe, ellipsoid, save, turned

GRIDS = {  # shape, affine, codes: all differ
    "case_a": ((24, 20, 11), turned((1.1, 1.3, 2.7)), (1, 2)),
    "case_b": ((13, 25, 22), turned((2.2, 1.0, 1.25), order=(2, 0, 1), signs=(-1, 1, -1)), (3, 1)),
    "case_c": ((7, 6, 5), turned((3.0, 3.0, 4.0), order=(1, 0, 2), signs=(1, -1, 1), angle=-0.2), (0, 4)),
}


def make_data(p):
    for i, (name, (shape, affine, codes)) in enumerate(GRIDS.items()):
        image, label = ellipsoid(shape, affine, i)
        save(p.at("raw", "imagesTr", name + ".nii.gz"), image, affine, *codes, descrip="scanner " + name)
        save(p.at("raw", "labelsTr", name + ".nii.gz"), label, affine, *codes)
    describe(p.at("raw"))
    p.run("ingest", "--input", p.at("raw"), "--layout", "msd", "--privacy", "anonymous", "--out", "dataset")
    p.run("partition", "--dataset", "dataset", "--scheme", "kfold", "--folds", 3, "--out", "split")
    p.run("preprocess", "--dataset", "dataset", "--spacing-mm", "1.4,1.4,1.6", "--normalise", "zscore", "--out", "prepared")
    p.run("preprocess", "--dataset", "dataset", "--spacing-mm", "2", "--normalise", "minmax", "--out", "otherwise")
    train = ("--iterations", 3, "--width", 4, "--stages", 2, "--patch", "16,16,8", "--threads", 1)
    p.run("train", "--dataset", "dataset", *train, "--out", "model")
    for fold in (0, 1):
        p.run("train", "--dataset", "prepared", "--split", "split", "--fold", fold, *train, "--out", f"model_{fold}")


def predict(p, out, dataset, *words, **kept):
    return p.run("predict", "--dataset", dataset, "--threads", 1, "--out", out, *words, **kept)


def exported(p, name):
    p.run("export", "--dataset", name, "--out", name + "_files")
    return files_of(p, name)


def files_of(p, name):
    return {os.path.basename(f).split(".")[0]: nibabel.load(f) for f in glob.glob(p.at(name + "_files", "*.nii.gz"))}


def raw_and_prepared(p):
    predict(p, "from_prepared", "prepared", "--models", "model_0", "--probabilities")
    predict(p, "from_raw", "dataset", "--models", "model_0", "--probabilities")
    p.check(p.manifest("from_raw")["digest"] == p.manifest("from_prepared")["digest"],
            "raw data, prepared in memory, is predicted otherwise than the prepared dataset")
    files = exported(p, "from_raw")
    p.check(sorted(files) == sorted(list(GRIDS) + [name + "_probability" for name in GRIDS]), f"export wrote {sorted(files)}")
    for name, (shape, _, codes) in GRIDS.items():
        source, label, scores = nibabel.load(p.at("raw", "imagesTr", name + ".nii.gz")), files[name], files[name + "_probability"]
        p.check(label.shape == shape and scores.shape == shape + (2,), f"{name} came back as {label.shape}")
        p.check(np.array_equal(label.affine, source.affine), f"{name}: the affine is another")
        for field in ("pixdim", "qform_code", "sform_code", "xyzt_units", "srow_x", "quatern_b", "qoffset_x", "descrip"):
            p.check(np.array_equal(label.header[field], source.header[field]), f"{name}: {field} is another")
        values = np.asarray(scores.dataobj, dtype=float)
        p.check(abs(values.sum(-1) - 1).max() < 4e-5, f"{name}: probabilities do not add up to 1")
        clear = abs(values[..., 1] - values[..., 0]) > 4e-5
        p.check(clear.any() and np.array_equal(np.asarray(label.dataobj)[clear], values.argmax(-1)[clear]),
                f"{name}: the label is not the most probable class")


def ensembles(p):
    predict(p, "one", "dataset", "--models", "model_1", "--probabilities")
    predict(p, "both", "dataset", "--models", "model_0,model_1", "--probabilities")
    one, both = exported(p, "one"), exported(p, "both")
    zero = files_of(p, "from_raw")
    for name in GRIDS:
        mean = (np.asarray(zero[name + "_probability"].dataobj) + np.asarray(one[name + "_probability"].dataobj)) / 2
        p.check(abs(np.asarray(both[name + "_probability"].dataobj) - mean).max() < 4e-5, f"{name}: the ensemble is not the mean")
    p.check(p.manifest("both")["content"]["models"] == 2, "the manifest does not count the models")
    predict(p, "mirrored", "dataset", "--models", "model_0", "--mirror", "xyz", says="mirrors nothing")
    predict(p, "fold", "prepared", "--models", "model_0", "--split", "split", "--fold", 0)
    p.check(p.manifest("fold")["content"]["samples"] == 1, "a fold's validation part is not one case")
    predict(p, "seen", "prepared", "--models", "model_0", "--split", "split", "--fold", 1, says="was trained on 1 of the 1 cases")
    predict(p, "mixed", "dataset", "--models", "model,model_0", code=3, says="models of one task")


def misuse(p):
    predict(p, "no", "otherwise", "--models", "model_0", code=3, says="prepared otherwise")
    predict(p, "no", "prepared", "--models", "model", code=3, says="trained on raw data")
    predict(p, "no", "dataset", "--models", "model", "--device", "cuda", code=5, says="cuda")
    predict(p, "no", "dataset", "--models", "model", "--device", "abacus", code=2)
    predict(p, "no", "dataset", "--models", "model", "--memory", "64M", code=5, says="smaller patch")
    predict(p, "no", "dataset", "--models", "model", "--mirror", "w", code=2)
    predict(p, "no", "dataset", "--models", "model", "--fold", "0", code=2, says="--split")
    p.check(not os.path.exists(p.at("no")), "a refused prediction left something behind")

    cut = shutil.copytree(p.at("model"), p.at("cut"))
    with open(os.path.join(cut, "last.ckpt"), "r+b") as file:
        file.truncate(os.path.getsize(os.path.join(cut, "last.ckpt")) - 100)
    predict(p, "no", "dataset", "--models", "cut", code=3, says="last.ckpt")
    p.run("train", "--dataset", "dataset", "--iterations", 1, "--width", 8, "--stages", 2, "--patch", "16,16,8", "--threads", 1, "--out", "wide")
    foreign = shutil.copytree(p.at("model"), p.at("foreign"))
    shutil.copy(p.at("wide", "last.ckpt"), os.path.join(foreign, "last.ckpt"))
    predict(p, "no", "dataset", "--models", "foreign", code=3, says="altered")

    image, label = ellipsoid(*GRIDS["case_a"][:2], 5)
    for channel in range(2):
        save(p.at("two", "imagesTr", f"t_{channel:04}.nii.gz"), image + channel, GRIDS["case_a"][1])
    save(p.at("two", "labelsTr", "t.nii.gz"), label, GRIDS["case_a"][1])
    with open(p.at("two", "dataset.json"), "w") as file:
        json.dump({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "thing": 1}, "file_ending": ".nii.gz"}, file)
    p.run("ingest", "--input", p.at("two"), "--layout", "nnunet", "--privacy", "anonymous", "--out", "two_dataset")
    p.run("train", "--dataset", "two_dataset", "--iterations", 1, "--width", 4, "--stages", 2, "--patch", "16,16,8", "--threads", 1,
          "--out", "two_model")
    predict(p, "no", "dataset", "--models", "two_model", code=3, says="a channel 'T1'")
    predict(p, "two_predicted", "two_dataset", "--models", "two_model")
    p.check(sorted(exported(p, "two_predicted")) == ["t"], "a prediction from two channels is not named for its case")


def bad_samples(p):
    """NaN voxels and a time axis are set aside; the batch goes on."""
    image, _ = ellipsoid(*GRIDS["case_a"][:2], 6)
    save(p.at("bad", "fine.nii.gz"), image, GRIDS["case_a"][1])
    spoilt = image.copy()
    spoilt[3, 4, 5] = np.nan
    save(p.at("bad", "spoilt.nii.gz"), spoilt, GRIDS["case_a"][1])
    save(p.at("bad", "moving.nii.gz"), np.stack([image, image], -1), GRIDS["case_a"][1])
    p.run("ingest", "--input", p.at("bad"), "--privacy", "anonymous", "--out", "bad_dataset")
    for model in ("model", "model_0"):
        out = "bad_" + model
        predict(p, out, "bad_dataset", "--models", model, code=8)
        with open(p.at(out, "quarantine.jsonl")) as file:
            reasons = {entry["source"]: entry["reason"] for entry in map(json.loads, file)}
        p.check(reasons == {"spoilt": "image-non-finite", "moving": "unsupported"}, f"{model}: set aside {reasons}")
        p.check(p.manifest(out)["content"]["samples"] == 1, f"{model}: the batch did not go on")


def flat_images(p):
    affine = turned((0.8, 1.2, 1.0), order=(0, 2, 1), signs=(1, -1, 1))
    for i in range(2):
        volume, label = ellipsoid((40, 31, 3), affine, i)
        save(p.at("flat", "imagesTr", f"f{i}.nii.gz"), volume[:, :, 1], affine)
        save(p.at("flat", "labelsTr", f"f{i}.nii.gz"), label[:, :, 1], affine)
    describe(p.at("flat"))
    p.run("ingest", "--input", p.at("flat"), "--layout", "msd", "--privacy", "anonymous", "--out", "flat_dataset")
    p.run("preprocess", "--dataset", "flat_dataset", "--spacing-mm", "1", "--out", "flat_prepared")
    for dataset in ("flat_dataset", "flat_prepared"):
        model, out = dataset + "_model", dataset + "_predicted"
        p.run("train", "--dataset", dataset, "--iterations", 2, "--width", 4, "--stages", 2, "--threads", 1, "--out", model)
        predict(p, out, "flat_dataset", "--models", model)
        files = exported(p, out)
        for i in range(2):
            source = nibabel.load(p.at("flat", "imagesTr", f"f{i}.nii.gz"))
            p.check(files[f"f{i}"].shape == source.shape, f"{out}: {files[f'f{i}'].shape}, not {source.shape}")
            p.check(np.array_equal(files[f"f{i}"].affine, source.affine), f"{out}: the affine is another")


def hippocampus(p):
    """Real files: a prediction leaves under its case's name, on exactly the source's grid."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    data = os.path.join(os.environ.get("COHORT_TEST_DATA") or os.path.join(source, "..", "shared", "data"), "hippocampus")
    labels = sorted(glob.glob(os.path.join(data, "**", "labelsTr", "hippocampus_*.nii.gz"), recursive=True))[:2]
    if not labels:
        print("skipped: data not present (hippocampus)")
        return
    names = [os.path.basename(path) for path in labels]
    for path in labels:
        for folder in ("imagesTr", "labelsTr"):
            os.makedirs(p.at("real", folder), exist_ok=True)
            shutil.copy(os.path.join(os.path.dirname(path), "..", folder, os.path.basename(path)), p.at("real", folder))
    describe(p.at("real"), names=("background", "anterior", "posterior"))
    p.run("ingest", "--input", "real", "--layout", "msd", "--privacy", "anonymous", "--out", "real_dataset")
    p.run("train", "--dataset", "real_dataset", "--iterations", 1, "--threads", 1, "--out", "real_model")
    predict(p, "real_predicted", "real_dataset", "--models", "real_model")
    files = exported(p, "real_predicted")
    p.check(sorted(files) == sorted(name.split(".")[0] for name in names), f"export wrote {sorted(files)}, not {names}")
    for name in names:
        before, after = nibabel.load(p.at("real", "imagesTr", name)), files[name.split(".")[0]]
        p.check(before.shape == after.shape and np.array_equal(before.affine, after.affine), f"{name}: the grid is another")
        for field in ("pixdim", "qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "quatern_b", "qoffset_x", "xyzt_units", "descrip"):
            p.check(np.array_equal(before.header[field], after.header[field]), f"{name}: {field} is another")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    given = parser.parse_args()
    work = tempfile.mkdtemp(prefix="cohort-predict-")
    try:
        p = Programs(given.bin, work)
        make_data(p)
        for part in (raw_and_prepared, ensembles, misuse, bad_samples, flat_images, hippocampus):
            part(p)
        return p.done()
    finally:
        shutil.rmtree(work, ignore_errors=True)


sys.exit(main())
