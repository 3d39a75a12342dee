"""Ten minutes of training, ours and a plain U-Net in PyTorch, on one fold of the hippocampus; scored on its validation part
and compared case by case. See ../README.md.

    run.py --bin BUILD [--minutes 10] [--fold 1] [--threads 2] [--data DIR] [-- more words for cohort-train]
"""
import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ENVIRONMENT = dict(os.environ, OMP_WAIT_POLICY="passive", OMP_DYNAMIC="false", OPENBLAS_NUM_THREADS="1")


def means(file):
    scores = {}
    with open(file, newline="") as rows:
        for row in csv.DictReader(rows):
            scores.setdefault(row["label"], []).append(float(row["dice"]))
    return {label: sum(values) / len(values) for label, values in scores.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=1, help="taken for the other tasks' sake: one run a side")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--fold", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("COHORT_TEST_DATA", HERE.parents[3] / "shared/data")) / "hippocampus")
    parser.add_argument("more", nargs="*")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        raise SystemExit("skipped: data not present (hippocampus)")
    program = pathlib.Path(arguments.bin).resolve() / "bin"
    threads, minutes = str(arguments.threads), str(arguments.minutes)
    with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
        folder = pathlib.Path(name)

        def step(step_name, *words, accepted=(0,)):
            done = subprocess.run([program / f"cohort-{step_name}", *map(str, words), "--out", folder / step_name, "--quiet"],
                                  stdout=subprocess.PIPE, text=True)
            if done.returncode not in accepted:
                raise SystemExit(f"cohort-{step_name} ends with {done.returncode}")

        step("ingest", "--input", arguments.data, "--layout", "msd", "--privacy", "anonymous", "--accept-quarantined", "all")
        step("curate", "--dataset", folder / "ingest")
        step("partition", "--dataset", folder / "curate", "--scheme", "nnunet", "--given", arguments.data / "nnunet/splits_final.json")
        part = ["--dataset", folder / "curate", "--split", folder / "partition", "--fold", arguments.fold]
        step("train", *part, "--minutes", minutes, "--threads", threads, *arguments.more)
        peer = json.loads(subprocess.run(
            ["/usr/bin/python3", HERE / "peer_torch.py", arguments.data, str(arguments.fold), minutes, threads, folder / "peer.csv"],
            check=True, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT).stdout)
        step("predict", *part, "--models", folder / "train", "--threads", threads)
        step("evaluate", "--predictions", folder / "predict", "--reference", folder / "curate", "--against", folder / "peer.csv")
        model = json.loads((folder / "train/manifest.json").read_text())["content"]
        ours, theirs = means(folder / "evaluate/cases.csv"), means(folder / "peer.csv")
        for label in sorted(theirs):
            print(json.dumps({
                "task": f"Dice of label {label}, fold {arguments.fold}, {minutes} min, {threads} thr", "ours": ours[label],
                "peer": theirs[label], "unit": "", "peer_name": "a plain U-Net in python3-torch", "ratio": None, "aim": None,
                "same": None, "note": f"{model['iterations']} against {peer['iterations']} iterations"}), flush=True)
        print((folder / "evaluate/summary.md").read_text(), file=sys.stderr)


main()
