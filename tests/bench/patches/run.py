"""Patches of 40³ out of cubes, ours and peers in turn; one JSON row a line. See ../README.md."""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
from cubes import cube  # noqa: E402

EDGE = 40
CHUNKS = (16, 24, 32, 40, 64)


def call(*command):
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout.strip() else {}


class Ours:
    def __init__(self, program, folder, raw, kind, n):
        self.program, self.folder = program, folder / f"ours-{kind}-{n}"
        call(program, "make", raw, "i16" if kind == "i16" else "f32", n, self.folder)

    def read(self, positions, cores):
        return call(self.program, "read", self.folder, positions, EDGE, cores)


class H5py:
    def __init__(self, folder, raw, kind, n, forms, positions):
        """Makes every form and chunk size and keeps the fastest."""
        best = None
        for form in forms:
            for chunk in CHUNKS + ((0,) if form == "none" else ()):
                file = folder / f"{form}-{chunk}.h5"
                call("/usr/bin/python3", HERE / "peer_h5py.py", "make", raw, "<i2" if kind == "i16" else "<f4", n, file, form, chunk)
                ms = call("/usr/bin/python3", HERE / "peer_h5py.py", "read", file, positions, EDGE, 1)["ms"]
                if best is None or ms < best[0]:
                    best = (ms, file, f"h5py {form}, chunks {chunk}³" if chunk else f"h5py {form}, contiguous")
        self.file, self.name = best[1:]

    def read(self, positions, cores):
        return call("/usr/bin/python3", HERE / "peer_h5py.py", "read", self.file, positions, EDGE, cores)


class Nibabel:
    def __init__(self, folder, raw, kind, n, way):
        self.way = way
        self.name = "nibabel on .nii, " + {"proxy": "dataobj[…]", "map": "a memory map kept open"}[way]
        self.file = folder / "cube.nii"
        call("/usr/bin/python3", HERE / "peer_nibabel.py", "make", raw, "<i2" if kind == "i16" else "<f4", n, self.file)

    def read(self, positions, cores):
        return call("/usr/bin/python3", HERE / "peer_nibabel.py", "read", self.file, positions, EDGE, self.way)


def row(task, ours, peer, positions, cores, aim, runs):
    mine, theirs, same = [], [], True
    for _ in range(runs):
        a, b = ours.read(positions, cores), peer.read(positions, cores)
        same = same and a["sha256"] == b["sha256"]
        mine.append(a["ms"])
        theirs.append(b["ms"])
    m, t = statistics.median(mine), statistics.median(theirs)
    print(json.dumps({"task": task, "ours": m, "peer": t, "ours_spread": [min(mine), max(mine)],
                      "peer_spread": [min(theirs), max(theirs)], "unit": "ms", "peer_name": peer.name, "ratio": t / m, "aim": aim,
                      "same": same, "note": None}, ensure_ascii=False), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--edges", default="128,256")
    parser.add_argument("--kinds", default="i16,z-scored,integers")
    parser.add_argument("--patches", type=int, default=300)
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.bin) / "bench" / "patches"
    for kind in arguments.kinds.split(","):
        for n in map(int, arguments.edges.split(",")):
            with tempfile.TemporaryDirectory(prefix="cohort-bench-") as name:
                folder = pathlib.Path(name)
                raw, positions = folder / "raw", folder / "positions"
                cube(kind, n).tofile(raw)
                places = random.Random(n)
                positions.write_text("".join(f"{places.randint(0, n - EDGE)} {places.randint(0, n - EDGE)} {places.randint(0, n - EDGE)}\n"
                                             for _ in range(arguments.patches)))
                ours = Ours(program, folder, raw, kind, n)
                what = f"patch {EDGE}³ of {n}³ {'int16' if kind == 'i16' else 'float32 ' + kind}"
                gzip = H5py(folder, raw, kind, n, ["gzip+shuffle"] if kind == "i16" else ["gzip", "gzip+shuffle"], positions)
                for cores in (1, 2):
                    row(f"{what}, {cores} thr", ours, gzip, positions, cores, (12, 12)[cores - 1] if kind == "i16" else (2, 4)[cores - 1],
                        arguments.runs)
                if kind == "i16":
                    row(f"{what}, 1 thr", ours, H5py(folder, raw, kind, n, ["lzf+shuffle"], positions), positions, 1, 8, arguments.runs)
                    row(f"{what}, 1 thr", ours, H5py(folder, raw, kind, n, ["none"], positions), positions, 1, 1, arguments.runs)
                    for way in ("proxy", "map"):
                        row(f"{what}, 1 thr", ours, Nibabel(folder, raw, kind, n, way), positions, 1, 1, arguments.runs)


main()
