"""Prints the rows of the benchmarks (JSON lines on standard input) as a table."""
import json
import os
import platform
import sys


def cell(value, digits=3):
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    return str(value)


def spread(row, side):
    pair = row.get(side + "_spread")
    return f" ({cell(float(pair[0]))}–{cell(float(pair[1]))})" if pair else ""


def main():
    rows = [json.loads(line) for line in sys.stdin if line.strip().startswith("{")]
    head = ["task", "ours", "peer", "peer is", "ratio", "aim", "same result"]
    table = [head]
    for row in rows:
        ratio, aim = row.get("ratio"), row.get("aim")
        met = "" if ratio is None or aim is None else (" ✓" if ratio >= aim else " ✗")
        unit = row.get("unit", "")
        table.append([
            row["task"],
            f"{cell(row.get('ours'))} {unit}{spread(row, 'ours')}",
            f"{cell(row.get('peer'))} {unit}{spread(row, 'peer')}" if row.get("peer") is not None else "",
            row.get("peer_name", ""),
            f"{ratio:.2f}×" if ratio is not None else "",
            f"{aim:g}×{met}" if aim is not None else "",
            {True: "yes", False: "NO", None: ""}[row.get("same")],
        ])
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    for i, line in enumerate(table):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")
        if i == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"- {row['task']}: {row['note']}" for row in rows if row.get("note")]
    if notes:
        print("\n" + "\n".join(notes))
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    print(f"\nmachine: {os.cpu_count()} cores, {cpu}; {platform.release()}")


main()
