"""`cohort run` with nothing to do, against ninja; what a job costs beyond its child's own time; start-up of the driver.

    /usr/bin/python3 tests/bench/driver/run.py --bin build --runs 5 [--snakemake]

Ours checks the pipeline, keys every job by content, looks at every stored result and writes a summary; ninja compares
mtimes. The steps are the tests' fake steps, the work folder is in memory where /dev/shm is. snakemake is compared only if
asked for (676 MB).
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

STEPS = ["ingest", "curate", "partition"]


def chain_pipeline(steps):
    """A binary tree of steps, each written out."""
    lines = ["cohort: 1", "name: p", "steps:", "  s0: {run: ingest}"]
    for i in range(1, steps):
        lines.append(f'  s{i}: {{run: curate, with: {{dataset: "${{steps.s{(i - 1) // 2}}}", check: ["n{i}=flag"]}}}}')
    return "\n".join(lines) + "\n"


def matrix_pipeline(width):
    """Ten steps below one another, each with the same matrix."""
    lines = ["cohort: 1", "name: p", f"variables: {{k: {{type: list, default: {list(range(width))}}}}}", "steps:", "  s0: {run: ingest}"]
    for i in range(1, 11):
        lines.append(f'  s{i}: {{run: curate, matrix: {{k: "${{k}}"}}, with: {{dataset: "${{steps.s{i - 1}}}", check: ["n{i}_${{k}}=flag"]}}}}')
    return "\n".join(lines) + "\n"


def chain_ninja(steps):
    lines = ["rule r", "  command = touch $out", "build o0: r in"]
    lines += [f"build o{i}: r o{(i - 1) // 2}" for i in range(1, steps)]
    return "\n".join(lines) + "\n"


def matrix_ninja(width):
    lines = ["rule r", "  command = touch $out", "build o0: r in"]
    for i in range(1, 11):
        lines += [f"build o{i}_{k}: r {'o0' if i == 1 else f'o{i - 1}_{k}'}" for k in range(width)]
    return "\n".join(lines) + "\n"


class Place:
    def __init__(self, root, arguments, pipeline, ninja):
        self.root = root
        (root / "bin").mkdir(parents=True)
        for step in STEPS:
            (root / "bin" / f"cohort-{step}").symlink_to(arguments.fake)
        (root / "p.yaml").write_text(pipeline)
        (root / "build.ninja").write_text(ninja)
        (root / "in").write_text("")
        self.environment = dict(os.environ, COHORT_BIN=str(root / "bin"), COHORT_WORK=str(root / "work"))
        self.cohort = [arguments.cohort, "run", "p.yaml", "--quiet"]

    def run(self, command):
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=self.root, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seconds = time.perf_counter() - begun
        if done.returncode != 0:
            sys.exit(f"{command} ended with {done.returncode}:\n{done.stderr.decode()}")
        return seconds

    def nothing_left(self):
        summary = json.loads((self.root / "work/runs/p/run-summary.json").read_text())
        ninja = subprocess.run(["ninja"], cwd=self.root, capture_output=True, text=True).stdout
        return all(job["cached"] for job in summary["jobs"]) and "no work to do" in ninja


def row(task, ours, peer, peer_name, same, note, unit="ms"):
    scale = 1000 if unit == "ms" else 1
    spread = lambda runs: [round(min(runs) * scale, 2), round(max(runs) * scale, 2)] if runs else None
    middle = lambda runs: round(statistics.median(runs) * scale, 2) if runs else None
    print(json.dumps({"task": task, "ours": middle(ours), "peer": middle(peer), "ours_spread": spread(ours), "peer_spread": spread(peer),
                      "unit": unit, "peer_name": peer_name, "ratio": round(statistics.median(peer) / statistics.median(ours), 3) if peer else None,
                      "aim": None, "same": same, "note": note}), flush=True)


def nothing_to_do(arguments, top, name, jobs, pipeline, ninja, aim_ms):
    place = Place(top / name, arguments, pipeline, ninja)
    place.run(place.cohort)
    place.run(["ninja", "--quiet"])
    place.run(place.cohort)  # the first run that does nothing has caches to warm
    ours, peer = [], []
    for _ in range(arguments.runs):
        ours.append(place.run(place.cohort))
        peer.append(place.run(["ninja", "--quiet"]))
    same = place.nothing_left()
    if aim_ms is None:
        note = f"aim: under 500 ms; {'met' if statistics.median(ours) < 0.5 else 'missed'}"
    else:
        over = (statistics.median(ours) - statistics.median(peer)) * 1000
        note = f"aim: ninja + {aim_ms} ms; ninja + {over:.1f} ms, {'met' if over <= aim_ms else 'missed'}"
    row(f"cohort run, nothing to do, {jobs}", ours, peer, "ninja", same, note)
    shutil.rmtree(place.root)


def cost_per_job(arguments, top, jobs):
    """`--jobs 1`, so that nothing overlaps; the child's own time is that of the same commands given by hand."""
    ours, own = [], []
    for i in range(max(3, arguments.runs)):
        place = Place(top / f"cost{i}", arguments, chain_pipeline(jobs), "")
        place.run([arguments.cohort, "run", "p.yaml", "--quiet", "--only", "s0"])
        seconds = place.run(place.cohort + ["--jobs", "1"])
        ours.append(seconds / (jobs - 1))
        source = place.root / "work/runs/p/s0"
        begun = time.perf_counter()
        for n in range(jobs - 1):
            subprocess.run([place.root / "bin/cohort-curate", "--dataset", source, "--check", f"n{n}=flag", "--out", place.root / f"out{n}",
                            "--threads", "1", "--memory", "2GiB", "--progress", "none"],
                           env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        own.append((time.perf_counter() - begun) / (jobs - 1))
        shutil.rmtree(place.root)
    cost = (statistics.median(ours) - statistics.median(own)) * 1000
    row("a job, from ready to recorded", ours, own, "the same command by hand", True,
        f"aim: 15 ms beyond the child's own time; {cost:.1f} ms, {'met' if cost <= 15 else 'missed'}")


def start_up(arguments, top):
    place = Place(top / "start", arguments, chain_pipeline(1), "")
    row("start-up: cohort --version", [place.run([arguments.cohort, "--version"]) for _ in range(arguments.runs * 4)],
        [place.run(["true"]) for _ in range(arguments.runs * 4)], "true", True, "aim: 30 ms")


def snakemake(arguments, top):
    if shutil.which("snakemake") is None:
        print("snakemake is not installed: skipped", file=sys.stderr)
        return
    place = Place(top / "snakemake", arguments, chain_pipeline(200), "")
    rules = ["rule all:\n  input: 'o199'\n" + "".join(f"rule r{i}:\n  input: '{'in' if i == 0 else f'o{(i - 1) // 2}'}'\n  output: 'o{i}'\n  shell: 'touch {{output}}'\n"
                                                     for i in range(200))]
    (place.root / "Snakefile").write_text(rules[0].replace("'o199'", ", ".join(f"'o{i}'" for i in range(200)), 1))
    command = ["snakemake", "--cores", "2", "--quiet"]
    place.run(place.cohort)
    place.run(command)
    ours, peer = [], []
    for _ in range(arguments.runs):
        ours.append(place.run(place.cohort))
        peer.append(place.run(command))
    row("cohort run, nothing to do, 200 steps", ours, peer, "snakemake", True, "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="build folder: bin/cohort, tests/fake_step")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--snakemake", action="store_true")
    parser.add_argument("--most-jobs", type=int, default=20000, help="leave larger tasks out")
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.bin).resolve()
    arguments.cohort, arguments.fake = str(build / "bin/cohort"), str(build / "tests/fake_step")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    top = pathlib.Path(tempfile.mkdtemp(prefix="bench_driver.", dir=memory))
    try:
        start_up(arguments, top)
        nothing_to_do(arguments, top, "chain", "200 steps", chain_pipeline(200), chain_ninja(200), 15)
        for width, aim in ((200, 40), (2000, None)):
            if 10 * width <= arguments.most_jobs:
                nothing_to_do(arguments, top, f"matrix{width}", f"{10 * width} matrix jobs", matrix_pipeline(width), matrix_ninja(width), aim)
        cost_per_job(arguments, top, 40)
        if arguments.snakemake:
            snakemake(arguments, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
