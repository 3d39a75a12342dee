"""The demo as a user runs it: images to scores, nothing done twice, equal bytes for any number of threads.
    demo_test.py --bin BUILD/bin
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

faults = []


def check(holds, sentence):
    if not holds:
        faults.append(sentence)
        print("FAILED " + sentence)


def run(command, code=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}, not {code}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    return done


def members(folder):
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if name != "run.json":
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
    return found


def demo(bin_dir, pipelines, work):
    program = lambda name: os.path.join(bin_dir, name)
    data, place = os.path.join(work, "phantoms"), os.path.join(work, "work")
    run([program("phantoms"), "--out", data])
    threshold = json.loads(run([program("phantoms"), "--best-threshold", data]).stdout)["mean_dice"]
    check(threshold < 0.7, f"the best threshold reaches {threshold}, so the demo proves nothing")

    command = [program("cohort"), "run", os.path.join(pipelines, "demo.yaml"), "--set", "data=" + data, "--work", place]
    run(command)
    runs = os.path.join(place, "runs", "demo")
    with open(os.path.join(runs, "outputs", "scores", "manifest.json")) as file:
        content = json.load(file)["content"]
    check(content["mean_dice"] > 0.9, f"mean Dice is {content['mean_dice']}")
    check(content["failed"] == 0, "a case failed")
    print(f"mean Dice {content['mean_dice']:.3f}; best threshold {threshold:.3f}")
    for name in ("summary.md", "summary.json", "cases.csv", "worst-median-best.png"):
        check(os.path.getsize(os.path.join(runs, "outputs", "scores", name)) > 0, f"{name} is empty")
    check(any(name.endswith(".nii.gz") for name in members(os.path.join(runs, "outputs", "nifti"))), "no NIfTI file came out")

    again = run(command)
    plan = run([program("cohort"), "plan"] + command[2:])
    check("0 to run" in plan.stdout + plan.stderr, "plan wants to run something again")
    check("ingest" not in again.stderr or "reuse" in again.stderr + again.stdout, "the second run says nothing of reuse")
    return data


def threads(bin_dir, work, data):
    """ingest and curate give equal bytes on one thread and on three."""
    trees = []
    for count in (1, 3):
        raw, clean = (os.path.join(work, f"{name}-{count}") for name in ("raw", "clean"))
        run([os.path.join(bin_dir, "cohort-ingest"), "--input", data, "--layout", "msd", "--privacy", "anonymous", "--threads", count, "--out", raw])
        run([os.path.join(bin_dir, "cohort-curate"), "--dataset", raw, "--threads", count, "--out", clean])
        trees.append((members(raw), members(clean)))
    check(trees[0] == trees[1], "the bytes of ingest or curate depend on the number of threads")
    run([os.path.join(bin_dir, "cohort-compare"), os.path.join(work, "raw-1"), os.path.join(work, "raw-3")])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    given = parser.parse_args()
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    work = tempfile.mkdtemp(prefix="cohort-demo-")
    try:
        data = demo(given.bin, os.path.join(source, "pipelines"), work)
        threads(given.bin, work, data)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if faults else 0


sys.exit(main())
