"""Misuse, hostile files and failing machines: each gets its sentence and its exit code, the rest of the batch goes on, and
nothing half-written is visible.
    bad_input.py --bin BUILD/bin
"""
import argparse
import gzip
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

failures = []
checks = 0


def nifti(shape=(6, 5, 4), value=None, affine=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), dims=None, kind=4, bits=16):
    """A little NIfTI-1 file of int16 (kind 4) or float32 (kind 16); `dims` lies about the shape."""
    dims = dims or shape
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, len(dims), *dims, *([1] * (7 - len(dims))))
    struct.pack_into("<hh", header, 70, kind, bits)
    struct.pack_into("<8f", header, 76, 1, *affine, 1, 1, 1, 1)
    struct.pack_into("<f", header, 108, 352)
    struct.pack_into("<ff", header, 112, 1, 0)
    struct.pack_into("<hh", header, 252, 0, 1)
    struct.pack_into("<4f", header, 280, affine[0], 0, 0, origin[0])
    struct.pack_into("<4f", header, 296, 0, affine[1], 0, origin[1])
    struct.pack_into("<4f", header, 312, 0, 0, affine[2], origin[2])
    header[344:348] = b"n+1\0"
    count = shape[0] * shape[1] * shape[2]
    values = value if value is not None else [i % 50 for i in range(count)]
    return bytes(header) + struct.pack(f"<{count}" + ("h" if kind == 4 else "f"), *values)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(gzip.compress(data, 1, mtime=0) if path.endswith(".gz") else data)


def label(count=120):
    return [1 if 20 <= i < 60 else 0 for i in range(count)]


class Bench:
    def __init__(self, bin_dir, work):
        self.bin, self.work = bin_dir, work

    def at(self, *names):
        return os.path.join(self.work, *names)

    def run(self, program, *arguments, limit=None, open_files=None, stdout=subprocess.PIPE, environment=None):
        def prepare():
            if open_files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
            if limit is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return subprocess.run([os.path.join(self.bin, program), *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE, text=True,
                              preexec_fn=prepare, env={**os.environ, **(environment or {})}, cwd=self.work, timeout=300)

    def expect(self, what, code, sentence, program, *arguments, out=None, **options):
        """Runs; the exit code and a pattern in stderr must be as said; `out` must not exist, nor anything beside it."""
        global checks
        checks += 1
        done = self.run(program, *arguments, **options)
        faults = []
        if done.returncode != code:
            faults.append(f"exit {done.returncode}, not {code}")
        if sentence and not re.search(sentence, done.stderr, re.S | re.I):
            faults.append(f"stderr does not say /{sentence}/")
        for bare in ("terminate called", "what():", "H5E", "std::", "Traceback", "c10::", "[json.exception"):
            if bare in done.stderr:
                faults.append(f"shows a bare library message: {bare}")
        if out is not None:
            left = [name for name in os.listdir(os.path.dirname(out)) if os.path.basename(out) in name]
            if left:
                faults.append(f"left {left}")
        if faults:
            failures.append(what)
            print(f"FAILED {what}: {'; '.join(faults)}\n  {program} {' '.join(map(str, arguments))}\n  {done.stderr.strip()[-800:]}")
        return done


def quarantine_of(folder):
    with open(os.path.join(folder, "quarantine.jsonl")) as file:
        return {entry["source"]: entry["reason"] for entry in map(json.loads, file)}


def files(bench):
    """A folder in which everything is wrong but two pairs."""
    raw = bench.at("raw")
    for name in ("good_1", "good_2"):
        seed = int(name[-1])
        write(f"{raw}/imagesTr/{name}.nii.gz", nifti(value=[(i * 7 + seed) % 90 for i in range(120)]))
        write(f"{raw}/labelsTr/{name}.nii.gz", nifti(value=label()))
    broken = {
        "cut": nifti()[:400], "empty": b"", "text": b"this is no image" * 40, "huge": nifti(dims=(30000, 30000, 1111)),
        "zero": nifti(dims=(6, 0, 4)), "negative": nifti(dims=(6, -5, 4)), "type": nifti(kind=9999), "header": nifti()[:352],
    }
    for name, data in broken.items():
        write(f"{raw}/imagesTr/{name}.nii", data)
        write(f"{raw}/labelsTr/{name}.nii", nifti(value=label()))
    packed = gzip.compress(nifti(), mtime=0)
    for name, data in {"gz_cut": packed[:-40], "gz_crc": packed[:-8] + b"\0\0\0\0" + packed[-4:], "gz_plain": nifti()}.items():
        os.makedirs(f"{raw}/imagesTr", exist_ok=True)
        with open(f"{raw}/imagesTr/{name}.nii.gz", "wb") as file:
            file.write(data)
        write(f"{raw}/labelsTr/{name}.nii.gz", nifti(value=label()))
    write(f"{raw}/imagesTr/fraction.nii", nifti())
    write(f"{raw}/labelsTr/fraction.nii", nifti(kind=16, bits=32, value=[x * 0.5 for x in label()]))
    listed = [{"image": f"./imagesTr/{n}", "label": f"./labelsTr/{n}"} for n in sorted(os.listdir(f"{raw}/imagesTr"))]
    with open(f"{raw}/dataset.json", "w") as file:
        json.dump({"name": "bad", "labels": {"0": "background", "1": "thing"}, "modality": {"0": "MRI"},
                   "numTraining": len(listed), "training": listed}, file)
    return set(broken) | {"gz_cut", "gz_crc", "gz_plain", "fraction"}


def ingest(bench):
    broken = files(bench)
    out = bench.at("raw_dataset")
    done = bench.expect("a batch of broken files ends with 8, the rest goes on", 8, "quarantined", "cohort-ingest", "--input", bench.at("raw"),
                        "--layout", "msd", "--privacy", "anonymous", "--out", out)
    if done.returncode == 8:
        said = {os.path.basename(source).split(".")[0] for source in quarantine_of(out)}
        if not broken <= said or "good_1" in said:
            failures.append("quarantine names")
            print(f"FAILED quarantine names: missing {sorted(broken - said)}, too many {sorted(said - broken)}")
    bench.expect("acceptance turns 8 into 0, by number", 0, "", "cohort-ingest", "--input", bench.at("raw"), "--layout", "msd",
                 "--privacy", "anonymous", "--out", out, "--accept-quarantined", "all")
    new = bench.at("new")
    bench.expect("an input that is not there", 3, "does not exist", "cohort-ingest", "--input", bench.at("absent"), "--out", new, out=new)
    bench.expect("a mistyped option", 2, "did you mean", "cohort-ingest", "--inptu", bench.at("raw"), "--out", new, out=new)
    bench.expect("no output named", 2, "--out", "cohort-ingest", "--input", bench.at("raw"))
    bench.expect("a number out of range", 2, "threads", "cohort-ingest", "--input", bench.at("raw"), "--threads", "0", "--out", new, out=new)
    write(bench.at("occupied", "mine.txt"), b"keep me")
    bench.expect("an output that exists", 6, "exists", "cohort-ingest", "--input", bench.at("raw"), "--out", bench.at("occupied"))
    bench.expect("--force does not replace what is not ours", 6, "no artefact", "cohort-ingest", "--input", bench.at("raw"),
                 "--out", bench.at("occupied"), "--force")
    if not os.path.exists(bench.at("occupied", "mine.txt")):
        failures.append("a stranger's file was removed")
    bench.expect("an output that cannot be written", 6, "", "cohort-ingest", "--input", bench.at("raw"), "--out", "/proc/cohort/x")
    bench.expect("an output below a file", 6, "", "cohort-ingest", "--input", bench.at("raw"), "--out", bench.at("occupied", "mine.txt", "x"))
    bench.expect("an output inside the input", 2, "inside", "cohort-ingest", "--input", bench.at("raw"), "--out", bench.at("raw", "out"))
    write(bench.at("claims", "huge.nii.gz"), nifti(dims=(10000, 10000, 10000)) + bytes(range(256)) * 20000)
    write(bench.at("claims", "good.nii.gz"), nifti())
    bench.expect("a header that promises 10¹² voxels does not stop the batch", 8, "huge", "cohort-ingest", "--input", bench.at("claims"),
                 "--privacy", "anonymous", "--out", bench.at("claims_dataset"))
    with open(bench.at("twice.csv"), "w") as file:
        file.write("id,age\ngood_1,30\ngood_1,31\n")
    bench.expect("duplicate ids in a table", 3, "good_1", "cohort-ingest", "--input", bench.at("raw"), "--layout", "msd",
                 "--table", bench.at("twice.csv"), "--out", new, out=new)
    with open(bench.at("nameless.csv"), "w") as file:
        file.write("age,sex\n30,F\n")
    bench.expect("a table without an id column", 2, "id", "cohort-ingest", "--input", bench.at("raw"), "--layout", "msd",
                 "--table", bench.at("nameless.csv"), "--out", new, out=new)
    bench.expect("a file that may not grow (a full disk)", 5, "", "cohort-ingest", "--input", bench.at("raw"), "--layout", "msd",
                 "--privacy", "anonymous", "--out", new, limit=3000, out=new)


def checks_and_splits(bench):
    mixed = bench.at("mixed")
    write(f"{mixed}/imagesTr/shifted.nii", nifti())
    write(f"{mixed}/labelsTr/shifted.nii", nifti(value=label(), origin=(3, 0, 0)))
    write(f"{mixed}/imagesTr/unknown.nii", nifti(value=[(3 * i) % 71 for i in range(120)]))
    write(f"{mixed}/labelsTr/unknown.nii", nifti(value=[7 * x for x in label()]))
    for n in (1, 2, 3):
        write(f"{mixed}/imagesTr/fine_{n}.nii", nifti(value=[(i * n) % 41 for i in range(120)]))
        write(f"{mixed}/labelsTr/fine_{n}.nii", nifti(value=label()))
    with open(f"{mixed}/dataset.json", "w") as file:
        names = ["shifted", "unknown", "fine_1", "fine_2", "fine_3"]
        json.dump({"labels": {"0": "background", "1": "thing"}, "modality": {"0": "MRI"},
                   "training": [{"image": f"./imagesTr/{n}.nii", "label": f"./labelsTr/{n}.nii"} for n in names]}, file)
    bench.run("cohort-ingest", "--input", mixed, "--layout", "msd", "--privacy", "anonymous", "--out", bench.at("mixed_dataset"))
    out = bench.at("curated")
    done = bench.expect("mixed geometries and unknown labels are quarantined by curate", 8, "quarantined", "cohort-curate", "--dataset",
                        bench.at("mixed_dataset"), "--out", out)
    if done.returncode == 8:
        reasons = sorted(quarantine_of(out).values())
        if reasons != ["geometry-mismatch", "label-unknown"]:
            failures.append("curate's reasons")
            print(f"FAILED curate's reasons: {reasons}")
    new = bench.at("new")
    bench.expect("a check that fails", 4, "label-unknown|unknown", "cohort-curate", "--dataset", bench.at("mixed_dataset"),
                 "--check", "label-unknown=fail", "--out", new, out=new)
    bench.expect("a check that is not known", 2, "did you mean", "cohort-curate", "--dataset", bench.at("mixed_dataset"),
                 "--check", "label-unknwon=flag", "--out", new, out=new)
    bench.expect("a folder that is no artefact", 3, "no artefact", "cohort-curate", "--dataset", bench.at("raw"), "--out", new, out=new)
    bench.expect("a column that is not there", 2, "sight", "cohort-partition", "--dataset", out, "--group", "sight", "--out", new, out=new)
    bench.run("cohort-partition", "--dataset", out, "--folds", "3", "--out", bench.at("split"))
    bench.expect("a split where a dataset is wanted", 3, "dataset", "cohort-curate", "--dataset", bench.at("split"), "--out", new, out=new)
    bench.expect("an output that is its own input", 2, "is the input", "cohort-curate", "--dataset", out, "--force", "--out", out)
    bench.expect("an output inside its input", 2, "lies inside the input", "cohort-curate", "--dataset", out, "--out", os.path.join(out, "inner"))
    bench.expect("a picture in the place of a member", 2, "inside the artefact", "cohort-inspect", out, "--sample", "fine_1",
                 "--png", os.path.join(out, "samples.jsonl"))
    bench.expect("a log in the place of a member", 2, "inside the artefact", "cohort-inspect", out, "--log-json", os.path.join(out, "manifest.json"))
    with open("/dev/full", "w") as full:
        bench.expect("a full standard output", 5, "standard output", "cohort-inspect", out, stdout=full)
    bench.expect("no file may be opened any more", 5, "open files", "cohort-curate", "--dataset", out, "--out", new, out=new,
                 open_files=8)
    bench.expect("a fold that the split lacks", 2, "fold", "cohort-train", "--dataset", out, "--split", bench.at("split"), "--fold", "9",
                 "--iterations", "1", "--out", new, out=new)
    bench.expect("a transform that is none", 2, "mirror", "cohort-train", "--dataset", out, "--split", bench.at("split"), "--fold", "0",
                 "--iterations", "5", "--transform", "miror=1", "--out", bench.at("m0"))
    bench.expect("two budgets at once", 2, "", "cohort-train", "--dataset", out, "--split", bench.at("split"), "--fold", "0",
                 "--iterations", "1", "--minutes", "1", "--out", new, out=new)
    bench.expect("more compute threads than CPUs", 5, "threads", "cohort-train", "--dataset", out, "--split", bench.at("split"), "--fold", "0",
                 "--iterations", "1", "--threads", "4096", "--out", new, out=new)
    bench.expect("a device that is not there", 5, "cuda", "cohort-train", "--dataset", out, "--split", bench.at("split"), "--fold", "0",
                 "--iterations", "1", "--device", "cuda", "--out", new, out=new)


def altered(bench):
    """Bytes changed, cut or swapped behind the manifest's back."""
    source = bench.at("curated")
    out = bench.at("after")
    for what, name, change in (
            ("a changed sample table", "samples.jsonl", lambda b: b.replace(b'"fine_1"', b'"fine_9"', 1)),
            ("a cut sample table", "samples.jsonl", lambda b: b[:-20]),
            ("a changed manifest", "manifest.json", lambda b: b.replace(b"anonymous", b"identified", 1)),
            ("a cut shard", "shards/00000.h5", lambda b: b[:-900]),
            ("a shard with one changed byte in every 512", "shards/00000.h5", lambda b: bytes(x ^ (1 if i % 512 == 300 else 0) for i, x in enumerate(b))),
            ("an empty shard", "shards/00000.h5", lambda b: b"")):
        copy = bench.at("copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy)
        path = os.path.join(copy, name)
        with open(path, "rb") as file:
            data = file.read()
        os.remove(path)
        with open(path, "wb") as file:
            file.write(change(data))
        done = bench.run("cohort-inspect", copy, "--verify")
        global checks
        checks += 1
        if done.returncode not in (3, 4) or os.path.basename(name).split(".")[0] not in done.stderr:
            failures.append(what)
            print(f"FAILED {what}: inspect --verify ended with {done.returncode}: {done.stderr.strip()[-400:]}")
        shutil.rmtree(out, ignore_errors=True)


def privacy(bench):
    bench.run("cohort-ingest", "--input", bench.at("mixed"), "--layout", "msd", "--out", bench.at("identified"))
    new = bench.at("new")
    bench.expect("identified data is not exported", 7, "--allow-identified", "cohort-export", "--dataset", bench.at("identified"),
                 "--format", "nifti", "--out", new, out=new)
    bench.expect("identified data is not drawn", 7, "--allow-identified", "cohort-inspect", bench.at("identified"), "--sample", "fine_1",
                 "--png", bench.at("x.png"))
    if os.path.exists(bench.at("x.png")):
        failures.append("a picture of identified data was written")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    given = parser.parse_args()
    work = tempfile.mkdtemp(prefix="cohort-bad-")
    try:
        bench = Bench(os.path.abspath(given.bin), work)
        ingest(bench)
        checks_and_splits(bench)
        altered(bench)
        privacy(bench)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{checks - len(failures)} of {checks} kinds of misuse are answered as they should be")
    return 1 if failures else 0


sys.exit(main())
