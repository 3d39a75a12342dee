"""One training step on a cached batch, ours and the same network in PyTorch in turn; one JSON row a line. See ../README.md."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess

HERE = pathlib.Path(__file__).parent
# Both sides with OpenBLAS and the same way of waiting: spinning threads cost whoever shares the cores.
ENVIRONMENT = dict(os.environ, OMP_WAIT_POLICY="passive", OMP_DYNAMIC="false", OPENBLAS_NUM_THREADS="1")


def call(*command):
    text = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout
    return json.loads(text.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.bin) / "bench" / "training_step"
    for width, patch in ((8, (40, 56, 40)), (16, (40, 56, 40)), (8, (96, 96, 96))):
        for threads in (1, 2):
            work = (width, *patch, 2, threads, arguments.steps)
            mine, theirs = [], []
            for _ in range(arguments.runs):
                mine.append(call(program, *work)["s"])
                theirs.append(call("/usr/bin/python3", HERE / "peer_torch.py", *work)["s"])
            m, t = statistics.median(mine), statistics.median(theirs)
            print(json.dumps({
                "task": f"training step, U-Net of width {width}, batch 2 of {'×'.join(map(str, patch))}, {threads} thr",
                "ours": m * 1e3, "peer": t * 1e3, "ours_spread": [min(mine) * 1e3, max(mine) * 1e3],
                "peer_spread": [min(theirs) * 1e3, max(theirs) * 1e3], "unit": "ms",
                "peer_name": "python3-torch, float32, oneDNN and OpenBLAS", "ratio": t / m, "aim": 1 / 0.7,
                "same": None, "note": "float32 on both sides; gradients are compared with LibTorch's in tests/learn"},
                ensure_ascii=False), flush=True)


main()
