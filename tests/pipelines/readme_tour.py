"""Runs the commands of the README's tour in an empty folder and compares what they print with what the README shows.

Between the marks, a line "$ COMMAND" is run with the programs on PATH; the lines below it are what it must print, stdout
and stderr together. "[…]" stands for lines left out, "~" for figures that differ between machines (times, rates, memory).
    readme_tour.py --bin BUILD/bin [--show]      --show prints what the commands print today
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

BEGIN, END = "<!-- tour: begin -->", "<!-- tour: end -->"


def steady(text):
    """Times, rates and memory differ from run to run: shown as ~."""
    text = re.sub(r"\d+ min \d+ s\b", "~ s", text)  # on a busy machine
    text = re.sub(r"\d+(\.\d+)? (ms|s|min|MiB|GiB|KiB)\b", r"~ \2", text)
    text = re.sub(r"\bin \d+:\d\d\b", "in ~", text)
    text = re.sub(r" {2,}", "  ", text)  # columns grow with their widest figure
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def commands(block):
    """[(command, expected output)] of the console blocks."""
    found = []
    for fence in re.findall(r"```console\n(.*?)```", block, re.S):
        for part in re.split(r"^\$ ", fence, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more.strip()
            found.append((command, output))
    return found


def matches(expected, printed):
    pieces = [re.escape(piece.strip("\n")) for piece in steady(expected).split("[…]")]
    return re.fullmatch(r"\s*" + r".*?".join(pieces) + r"\s*", steady(printed), re.S) is not None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--show", action="store_true", help="print what the commands print today")
    given = parser.parse_args()
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(source, "README.md")) as file:
        block = file.read().split(BEGIN)[1].split(END)[0]
    tour = commands(block)
    if not tour:
        sys.exit("README.md: the tour has no commands")
    environment = {**os.environ, "PATH": os.path.abspath(given.bin) + ":" + os.environ["PATH"], "NO_COLOR": "1"}
    work = tempfile.mkdtemp(prefix="cohort-tour-")
    os.symlink(os.path.join(source, "pipelines"), os.path.join(work, "pipelines"))
    stale = 0
    try:
        for command, expected in tour:
            done = subprocess.run(command, shell=True, cwd=work, env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=600)
            if given.show:
                print("$ " + command + "\n" + steady(done.stdout))
            elif not matches(expected, done.stdout):
                stale += 1
                print(f"README.md shows for: {command}\n{steady(expected)}\n-- but it prints --\n{steady(done.stdout)}\n")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{len(tour) - stale} of {len(tour)} commands of the tour print what the README shows")
    return 1 if stale else 0


sys.exit(main())
