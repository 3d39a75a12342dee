"""Reads a dataset's shards with h5py alone and compares every array with its raw voxels; checks /index by the chunks."""
import json
import pathlib
import sys

import h5py
import numpy as np

folder = pathlib.Path(sys.argv[1])
names = {"u8": "u1", "i8": "i1", "u16": "<u2", "i16": "<i2", "u32": "<u4", "i32": "<i4", "u64": "<u8", "i64": "<i8",
         "f32": "<f4", "f64": "<f8", "c64": "<c8", "c128": "<c16", "bool": "?"}
index = [json.loads(line) for line in (folder / "d/index.jsonl").read_text().splitlines()]
shards = [line for line in index if "bytes" in line]
forms = [line for line in index if "form" in line]
files = [h5py.File(folder / "d/shards" / f"{line['shard']:05d}.h5", "r") for line in shards]
seen = 0
for line in index:
    for array, place in line.get("arrays", {}).items():
        form, file = forms[place["form"]], files[place["shard"]]
        if "row" in place:
            stack = f"/stacks/{array}/{form['type']}_{'x'.join(map(str, form['shape']))}_{form['filters']}"
            assert file[stack + ".ids"][place["row"]].decode() == line["id"]
            dataset, values = file[stack], file[stack][place["row"]]
            assert dataset.chunks[0] == 1
        else:
            dataset = file[f"/samples/{line['id']}/{array}"]
            values = dataset[()]
            assert list(dataset.chunks) == form["chunk"][::-1]
        want = np.fromfile(folder / "raw" / (line["id"] + ".raw"), dtype=names[form["type"]]).reshape(form["shape"][::-1])
        assert values.dtype == want.dtype, (values.dtype, want.dtype)
        assert values.shape == want.shape
        assert values.tobytes() == want.tobytes(), line["id"]
        # HDF5's own idea of where the first and the last chunk lie.
        row = file["index"][place["first"]]
        at = (place["row"],) + (0,) * len(form["shape"]) if "row" in place else (0,) * len(form["shape"])
        info = dataset.id.get_chunk_info_by_coord(at)
        assert (info.byte_offset, info.size) == (row["address"], row["bytes"])
        if "row" not in place:
            chunks = dataset.id.get_num_chunks()
            last = tuple((n - 1) // c * c for n, c in zip(dataset.shape, dataset.chunks))
            info, row = dataset.id.get_chunk_info_by_coord(last), file["index"][place["first"] + chunks - 1]
            assert (info.byte_offset, info.size) == (row["address"], row["bytes"])
        seen += 1
assert seen == 94, seen
for line, file in zip(shards, files):
    assert file["index"].shape == (line["chunks"],)
    assert file["index"].id.get_offset() == line["index_at"]
