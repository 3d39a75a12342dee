"""Kills steps with SIGKILL at seeded random moments, runs the same command again, and demands the undisturbed result.

Every byte of the artefact but run.json must equal the undisturbed one's, and nothing may be left beside it.
    step_kills.py --bin BUILD/bin --kills 20 [--seed 1] [--steps ingest,curate,…]
"""
import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def contents(folder):
    """relative path → SHA-256 of every file of the artefact but run.json."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            relative = os.path.relpath(path, folder)
            if os.path.basename(relative) != "run.json":
                with open(path, "rb") as file:
                    found[relative] = hashlib.sha256(file.read()).hexdigest()
    return found


def run(command, accepted=(0, 8)):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in accepted:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def kill_after(command, seconds):
    """True if the process was still at work when it was killed."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        child.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
        return True


def chain(bin_dir, work):
    """The steps in order: name → function of the output folder giving the command."""
    program = lambda name: os.path.join(bin_dir, "cohort-" + name)
    at = lambda name: os.path.join(work, "plain", name)
    return {
        "ingest": lambda out: [program("ingest"), "--input", os.path.join(work, "phantoms"), "--layout", "msd", "--privacy", "anonymous", "--out", out],
        "curate": lambda out: [program("curate"), "--dataset", at("ingest"), "--out", out],
        "partition": lambda out: [program("partition"), "--dataset", at("curate"), "--scheme", "kfold", "--folds", "3", "--out", out],
        "preprocess": lambda out: [program("preprocess"), "--dataset", at("curate"), "--spacing-mm", "0.7", "--crop", "non-zero",
                                   "--normalise", "zscore", "--interpolation", "cubic", "--out", out],
        "train": lambda out: [program("train"), "--dataset", at("curate"), "--split", at("partition"), "--fold", "0", "--iterations", "12",
                              "--threads", "1", "--out", out],
        "predict": lambda out: [program("predict"), "--dataset", at("curate"), "--split", at("partition"), "--fold", "0",
                                "--models", at("train"), "--threads", "1", "--out", out],
        "evaluate": lambda out: [program("evaluate"), "--predictions", at("predict"), "--reference", at("curate"), "--out", out],
        "export": lambda out: [program("export"), "--dataset", at("predict"), "--format", "nifti", "--out", out],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", default="")
    parser.add_argument("--cases", type=int, default=8)
    given = parser.parse_args()
    chosen = random.Random(given.seed)
    work = tempfile.mkdtemp(prefix="cohort-kills-")
    failures = 0
    try:
        run([os.path.join(given.bin, "phantoms"), "--out", os.path.join(work, "phantoms"), "--cases", str(given.cases)])
        steps = chain(given.bin, work)
        took, expected = {}, {}
        for name, command in steps.items():
            begin = time.monotonic()
            run(command(os.path.join(work, "plain", name)))
            took[name] = time.monotonic() - begin
            expected[name] = contents(os.path.join(work, "plain", name))
        names = given.steps.split(",") if given.steps else list(steps)
        struck = 0
        for number in range(given.kills):
            name = names[number % len(names)]
            place = os.path.join(work, "killed", f"{number}")
            out = os.path.join(place, name)
            os.makedirs(place)
            command = steps[name](out)
            for _ in range(chosen.randint(1, 3)):
                struck += kill_after(command, chosen.uniform(0.0, 1.1 * took[name]))
            run(command)
            found = contents(out)
            beside = sorted(entry for entry in os.listdir(place) if entry != name)
            if found != expected[name] or beside:
                failures += 1
                differing = sorted(k for k in set(found) | set(expected[name]) if found.get(k) != expected[name].get(k))
                print(f"kill {number} of {name}: differs in {differing[:5]}, beside it {beside}")
            shutil.rmtree(place)
        print(f"{given.kills} disturbed runs over {', '.join(names)}; {struck} processes were killed at work; {failures} differ")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failures else 0


sys.exit(main())
