"""data-samples/phantoms is what the generator makes today (compressed streams may differ between machines, voxels not).
    samples_test.py --generator BUILD/bin/phantoms --samples data-samples/phantoms
"""
import argparse
import gzip
import os
import subprocess
import sys
import tempfile


def unpacked(folder):
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            with (gzip.open if name.endswith(".gz") else open)(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


parser = argparse.ArgumentParser()
parser.add_argument("--generator", required=True)
parser.add_argument("--samples", required=True)
given = parser.parse_args()
with tempfile.TemporaryDirectory() as work:
    made = os.path.join(work, "phantoms")
    subprocess.run([given.generator, "--out", made, "--cases", "2"], check=True)
    today, kept = unpacked(made), unpacked(given.samples)
stale = sorted(name for name in set(today) | set(kept) if today.get(name) != kept.get(name))
print(f"{len(kept)} samples, stale: {stale}")
sys.exit(1 if stale or not kept else 0)
