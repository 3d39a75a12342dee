"""Kills the driver and its children with SIGKILL at seeded random moments, reruns, and compares with an undisturbed run.

    /usr/bin/python3 tests/faults/driver_kills.py --cohort build/bin/cohort --fake build/tests/fake_step --kills 200 --seed 1

The steps are the tests' fake steps: they write line by line and go on where they were killed. With --data in place of
--fake they are the real ones, training included, over that Decathlon folder (the program phantoms writes one). After each
kill the same command is given again, until it comes to its end; then every result must equal the undisturbed run's, and
the work folder must hold nothing unfinished.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PIPELINE = """
cohort: 1
name: p
steps:
  raw: {run: ingest, with: {input: images}}
  clean: {run: curate, with: {dataset: "${steps.raw}"}}
  split: {run: partition, with: {dataset: "${steps.clean}"}}
  model:
    run: train
    matrix: {fold: [0, 1, 2]}
    with: {dataset: "${steps.clean}", split: "${steps.split}", fold: "${fold}", iterations: 5}
  predicted:
    run: predict
    matrix: {fold: [0, 1, 2]}
    with: {dataset: "${steps.clean}", models: ["${steps.model}"]}
  scores: {run: evaluate, with: {predictions: "${steps.predicted.*}", reference: "${steps.clean}"}}
outputs: {scores: "${steps.scores}"}
"""
REAL_PIPELINE = """
cohort: 1
name: p
variables: {data: {type: path, required: true}}
steps:
  raw: {run: ingest, with: {input: "${data}", layout: msd, privacy: anonymous}}
  clean: {run: curate, with: {dataset: "${steps.raw}"}}
  prepared: {run: preprocess, with: {dataset: "${steps.clean}", spacing_mm: ["1.2", "1.2", "2"]}}
  split: {run: partition, with: {dataset: "${steps.prepared}", folds: 4, seed: 1}}
  model:
    run: train
    with: {dataset: "${steps.prepared}", split: "${steps.split}", fold: "0", iterations: 60, device: cpu}
  predicted:
    run: predict
    with: {dataset: "${steps.clean}", split: "${steps.split}", fold: "0", models: ["${steps.model}"], device: cpu}
  scores: {run: evaluate, with: {predictions: ["${steps.predicted}"], reference: "${steps.clean}"}}
"""
STEPS = ["ingest", "curate", "partition", "train", "predict", "evaluate", "export"]


class Place:
    """A folder with a pipeline p.yaml, a work folder, and the command that runs the one in the other."""

    def __init__(self, root, cohort, pipeline):
        self.root = root
        root.mkdir(parents=True)
        (root / "p.yaml").write_text(pipeline)
        self.command = [cohort, "run", "p.yaml"]
        self.environment = dict(os.environ, COHORT_WORK=str(root / "work"))

    def start(self):
        return subprocess.Popen(self.command, cwd=self.root, env=self.environment, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)

    def results(self):
        """Manifests by job name: they hold the digest of everything that counts."""
        runs = self.root / "work" / "runs" / "p"
        return {link.name: (link / "manifest.json").read_bytes() for link in sorted(runs.iterdir()) if link.is_symlink()}

    def leftovers(self):
        work = self.root / "work"
        return [str(path) for folder in ("store", "jobs") for path in (work / folder).iterdir()
                if path.name.startswith(".") or folder == "jobs"]


def place_of_fakes(root, arguments, age_images):
    place = Place(root, arguments.cohort, PIPELINE)
    (root / "bin").mkdir()
    (root / "images").mkdir()
    for step in STEPS:
        (root / "bin" / f"cohort-{step}").symlink_to(arguments.fake)
    for i in range(20):
        file = root / "images" / f"f{i}"
        file.write_text(f"voxels {i}\n")
        if age_images:
            os.utime(file, (time.time() - 3600, time.time() - 3600))
    (root / "fake.json").write_text(json.dumps({step: {"lines": 12, "sleep_s": 0.01} for step in STEPS}))
    place.command += ["--cores", "3"]
    place.environment |= {"COHORT_BIN": str(root / "bin"), "COHORT_FAKE": str(root / "fake.json")}
    return place


def place_of_real_steps(root, arguments, _):
    place = Place(root, arguments.cohort, REAL_PIPELINE)
    place.command += ["--set", f"data={arguments.data}"]
    return place


def children_of(pid):
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill_once(place, draw, usual):
    """Starts the command and kills the driver, one of its children, or all of them; True if it ended before."""
    driver = place.start()
    time.sleep(draw.random() * usual)
    whom = draw.choice(["driver", "driver", "child", "all"])
    children = children_of(driver.pid)
    victims = {"driver": [driver.pid], "child": children[:1] or [driver.pid], "all": children + [driver.pid]}[whom]
    ended = driver.poll() is not None
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    driver.communicate()
    return ended


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohort", required=True)
    steps = parser.add_mutually_exclusive_group(required=True)
    steps.add_argument("--fake", help="the fake step's program")
    steps.add_argument("--data", help="a Decathlon folder for the real steps")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.cohort = str(pathlib.Path(arguments.cohort).resolve())
    make_place = place_of_fakes if arguments.fake else place_of_real_steps
    for name in ("fake", "data"):
        if getattr(arguments, name):
            setattr(arguments, name, str(pathlib.Path(getattr(arguments, name)).resolve()))
    draw = random.Random(arguments.seed)
    top = pathlib.Path(tempfile.mkdtemp(prefix="driver_kills."))
    try:
        undisturbed = make_place(top / "undisturbed", arguments, True)
        begun = time.time()
        run = undisturbed.start()
        _, said = run.communicate()
        usual = time.time() - begun
        if run.returncode != 0:
            sys.exit(f"the undisturbed run ended with {run.returncode}:\n{said}")
        expected = undisturbed.results()
        kills = rounds = 0
        while kills < arguments.kills:
            place = make_place(top / f"round{rounds}", arguments, draw.random() < 0.5)
            place.command += draw.choice([[], [], ["--force", "model"], ["--keep-going"]])
            # Several kills in a row, so that what a killed run left is killed in turn.
            for _ in range(draw.randint(1, 8)):
                if kills < arguments.kills and not kill_once(place, draw, usual):
                    kills += 1
            run = place.start()
            _, said = run.communicate()
            where = f"seed {arguments.seed}, round {rounds}, after {kills} kills"
            if run.returncode != 0:
                sys.exit(f"{where}: the rerun ended with {run.returncode}:\n{said}")
            if place.results() != expected:
                sys.exit(f"{where}: the results differ from the undisturbed run's")
            if place.leftovers():
                sys.exit(f"{where}: left behind: {place.leftovers()}")
            shutil.rmtree(place.root)
            rounds += 1
        print(f"{kills} kills in {rounds} rounds, seed {arguments.seed}: every rerun equals the undisturbed run")
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
