#!/usr/bin/python3
"""No path that a user may type ends a program as a bug.

    odd_paths.py BIN          BIN: folder of the programs

Every program is started with every kind of odd path (slow ones with some) in every place where it takes one. It has to end by itself, with 2,
3 or 6 (4 where compare compares, 0 where an absent file is allowed), one sentence that fits on a few lines, and without
asking for a report. Programs that were not built here are skipped by name.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(sys.argv[1]).resolve()
DRIVER = BIN / "cohort"
# These load LibTorch, half a second a start; paths are handled by what all programs share, so a choice of kinds will do.
SLOW = {"train", "predict"}
KINDS_FOR_SLOW = {"absent", "file", "closed", "fifo", "new-line"}
# What they would start themselves once more to set.
SETTLED = {"OMP_WAIT_POLICY": "passive", "OMP_DYNAMIC": "false", "OPENBLAS_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def odd_paths(folder):
    """name → path, each of a kind of its own."""
    (folder / "file").write_text("text")
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere")
    os.mkfifo(folder / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "socket"))
    closed = folder / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0)
    new_line = folder / "two\nlines\x1b[31m"
    new_line.write_text("text")
    return {
        "absent": folder / "absent",
        "name-too-long": folder / ("x" * 300),
        "path-too-long": Path("/" + "/".join(["y" * 200] * 30)),
        "file": folder / "file",
        "below-a-file": folder / "file" / "below",
        "folder": folder / "folder",
        "loop": folder / "loop",
        "below-a-loop": folder / "loop" / "below",
        "dangling": folder / "dangling",
        "fifo": folder / "fifo",
        "socket": folder / "socket",
        "closed": closed / "inside",
        "device": Path("/dev/zero"),
        "null": Path("/dev/null"),
        "empty": "",
        "new-line": new_line,
        "not-utf8": os.fsencode(folder) + b"/\xff\xfe",
    }


def schema_of(step):
    return json.loads((Path(__file__).parents[2] / "schemas/steps" / f"{step}.json").read_text())


def words_of(parameter, value):
    cli = parameter["x-cli"]
    return [value] if cli.get("positional") else [cli["flag"], value]


def fillers(schema, except_for, folder):
    """Words for the other required parameters, so that the odd path is what the run stumbles over."""
    words = []
    for name in schema.get("required", []):
        parameter = schema["properties"][name]
        if name == except_for or not ({"artefact", "path"} & parameter["x-cli"].keys()):
            continue
        words += words_of(parameter, str(folder / "file"))
    return words


def cases(step, folder, odd):
    """(what, words) of every odd path in every place of a step's command line."""
    schema = schema_of(step)
    out = [] if schema["x-cli"]["output"] is None else ["--out", str(folder / "out")]
    for kind, path in odd.items():
        if step in SLOW and kind not in KINDS_FOR_SLOW:
            continue
        for name, parameter in schema["properties"].items():
            if not ({"artefact", "path"} & parameter["x-cli"].keys()):
                continue
            others = fillers(schema, name, folder)
            if parameter["x-cli"].get("positional"):
                yield f"{name}={kind}", ([path] + others if name != "b" else others + [path]) + out
            else:
                yield f"{name}={kind}", others + words_of(parameter, path) + out
        for flag in ["--params", "--log-json"] + (["--out"] if out else []):
            filled = fillers(schema, "", folder) + ([] if flag == "--out" else out)
            yield f"{flag}={kind}", filled + [flag, path]


def driver_cases(folder, odd):
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text("cohort: 1\nname: odd\nabout: a path\nvariables:\n  data: {type: path, about: raw, required: true}\n"
                        "steps:\n  raw: {run: ingest, with: {input: \"${data}\"}}\n")
    work = ["--work", str(folder / "work")]
    for kind, path in odd.items():
        yield f"pipeline={kind}", ["plan", path] + work
        yield f"set={kind}", ["plan", pipeline, b"--set", b"data=" + os.fsencode(path)] + work
        yield f"work={kind}", ["plan", pipeline, "--set", f"data={folder / 'folder'}", "--work", path]


def fault_of(program, words, folder):
    """What is wrong with how the program ended, or nothing."""
    try:
        ended = subprocess.run([program, *[os.fsencode(w) for w in words]], cwd=folder, stdin=subprocess.DEVNULL,
                               capture_output=True, timeout=60, env={**os.environ, **SETTLED})
    except subprocess.TimeoutExpired:
        return "does not end"
    said = ended.stderr.decode(errors="backslashreplace")
    if ended.returncode not in (0, 2, 3, 4, 6):
        return f"ends with {ended.returncode}: {said}"
    if ended.returncode != 0 and not said.strip():
        return f"ends with {ended.returncode} and says nothing"
    if "report" in said and "please" in said:
        return f"asks for a report: {said}"
    if "\x1b" in said or "filesystem error" in said:
        return f"says something raw: {said!r}"
    return None


def check(program, make_cases):
    """Runs the cases in one folder, made afresh; gives how many were run and their faults."""
    folder = Path(tempfile.mkdtemp(prefix="cohort-odd-"))
    try:
        tried = list(make_cases(folder, odd_paths(folder)))
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda case: fault_of(program, case[1], folder), tried))
        faults = [f"{program.name} {what}: {fault}" for (what, _), fault in zip(tried, found) if fault]
    finally:
        (folder / "closed").chmod(0o700)
        shutil.rmtree(folder)
    return len(tried), faults


def main():
    steps = sorted(p.stem for p in (Path(__file__).parents[2] / "schemas/steps").glob("*.json"))
    programs = {BIN / f"cohort-{step}": (lambda folder, odd, step=step: cases(step, folder, odd)) for step in steps}
    programs[DRIVER] = driver_cases
    faults = []
    for program, make_cases in programs.items():
        if not program.exists():
            print(f"skipped: {program.name} was not built")
            continue
        count, found = check(program, make_cases)
        faults += found
        print(f"{program.name}: {count} odd paths, {len(found)} faults")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
