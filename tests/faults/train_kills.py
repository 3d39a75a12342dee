"""Kills one training again and again, by SIGKILL and SIGTERM at seeded random moments, until it ends by itself; the model
must equal that of an undisturbed run in every byte but run.json.

    train_kills.py --bin BUILD/bin [--runs 5] [--kills 10] [--seed 1] [--iterations 80]
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def contents(folder):
    """name → SHA-256 of every member but run.json."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if name != "run.json":
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def run(command):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def disturb(command, seconds, how):
    """Exit code, or None when it was killed outright. SIGTERM must end with 75, or 0 when it came too late."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.send_signal(how)
        code = child.wait()
        if how == signal.SIGTERM and code not in (0, 75, -signal.SIGTERM):
            sys.exit(f"SIGTERM ended the training with {code}, not 75")
        return None if code < 0 else code


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--iterations", type=int, default=80)
    given = parser.parse_args()
    chosen = random.Random(given.seed)
    work = tempfile.mkdtemp(prefix="cohort-train-kills-")
    at = lambda *names: os.path.join(work, *names)
    program = lambda name: os.path.join(given.bin, "cohort-" + name)
    failures = struck = 0
    try:
        run([os.path.join(given.bin, "phantoms"), "--out", at("phantoms"), "--cases", "8"])
        run([program("ingest"), "--input", at("phantoms"), "--layout", "msd", "--privacy", "anonymous", "--out", at("data")])
        run([program("partition"), "--dataset", at("data"), "--folds", "4", "--out", at("split")])
        train = lambda out: [program("train"), "--dataset", at("data"), "--split", at("split"), "--fold", "0",
                             "--iterations", str(given.iterations), "--width", "4", "--patch", "24,24,16",
                             "--checkpoint-every", "5", "--threads", "1", "--out", out]
        begin = time.monotonic()
        run(train(at("plain")))
        took = time.monotonic() - begin
        expected = contents(at("plain"))
        for number in range(given.runs):
            out = at(f"killed{number}")
            for _ in range(given.kills):
                how = chosen.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
                # The start-up must be outlived now and then, or the run never comes further.
                code = disturb(train(out), chosen.uniform(0.2, 1.0) * max(took / 3, 2.5), how)
                struck += code != 0
                if code == 0:
                    break
            run(train(out))
            found = contents(out)
            beside = [name for name in os.listdir(work) if name.startswith(".")]
            if found != expected or beside:
                failures += 1
                print(f"run {number}: differs in {[n for n in expected if found.get(n) != expected[n]]}, beside it {beside}")
            with open(os.path.join(out, "history.jsonl"), encoding="utf-8") as file:
                iterations = [json.loads(line)["iteration"] for line in file]
            if iterations != sorted(set(iterations)):
                failures += 1
                print(f"run {number}: its history repeats itself: {iterations}")
        print(f"{given.runs} trainings, {struck} times killed or stopped; {failures} differ from the undisturbed one")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failures else 0


sys.exit(main())
