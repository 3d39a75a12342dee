"""The same network, windows and weights in PyTorch, as one would write it: CASES.npz MODEL OUT THREADS none|xyz.

Every case first once unmeasured, then once with the clock running. Images lie in memory already; they are z-scored, cut
into windows and weighted here. Prints {"ms": mean per case}; OUT gets the classes, a byte a voxel."""
import itertools
import json
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


def tensors(path):
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    return {name[len("weights."):]: torch.from_numpy(np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"]).copy())
            for name, entry in header.items() if name.startswith("weights.")}


class UNet:
    def __init__(self, folder):
        plan = json.load(open(folder + "/plan.json"))["choices"]
        self.w = tensors(folder + "/last.ckpt")
        self.stages = [stride[::-1] for stride in plan["strides"]["value"]]
        self.convolutions = plan["convolutions_per_stage"]["value"]
        self.patch = plan["patch_size"]["value"][::-1]

    def stage(self, x, where, stride):
        for i in range(self.convolutions):
            weight = self.w[f"{where}.conv{i}.weight"]
            x = F.conv3d(x, weight, stride=stride if i == 0 else 1, padding=[k // 2 for k in weight.shape[2:]])
            x = F.instance_norm(x, weight=self.w[f"{where}.conv{i}.norm.weight"], bias=self.w[f"{where}.conv{i}.norm.bias"], eps=1e-5)
            x = F.leaky_relu_(x, 0.01)
        return x

    def __call__(self, x):
        skips = []
        for s, stride in enumerate(self.stages):
            x = self.stage(x, f"encoder{s}", stride)
            skips.append(x)
        for s in range(len(self.stages) - 2, -1, -1):
            x = F.conv_transpose3d(x, self.w[f"decoder{s}.up.weight"], stride=self.stages[s + 1])
            x = self.stage(torch.cat([x, skips[s]], 1), f"decoder{s}", 1)
        return F.conv3d(x, self.w["decoder0.head.weight"], self.w["decoder0.head.bias"])


def positions(size, window):
    if size <= window:
        return [0]
    steps = -(-(size - window) // max(window // 2, 1))
    return [(2 * i * (size - window) + steps) // (2 * steps) for i in range(steps + 1)]


def gaussian(patch):
    axes = [np.exp(-((np.arange(n) - (n - 1) / 2) / max(n / 8, 0.5)) ** 2 / 2) for n in patch]
    return torch.from_numpy(np.maximum(np.einsum("i,j,k->ijk", *axes), 1e-3).astype(np.float32))


def predict(net, image, weight, flips):
    image = torch.from_numpy(image)[None, None]
    image = (image - image.mean()) / image.std(unbiased=False)
    below = [max(p - n, 0) // 2 for n, p in zip(image.shape[2:], net.patch)]
    above = [max(p - n, 0) - b for n, p, b in zip(image.shape[2:], net.patch, below)]
    padded = F.pad(image, [v for pair in zip(below[::-1], above[::-1]) for v in pair])
    total, weights = None, torch.zeros(padded.shape[2:])
    for corner in itertools.product(*(positions(n, p) for n, p in zip(padded.shape[2:], net.patch))):
        box = tuple(slice(c, c + p) for c, p in zip(corner, net.patch))
        window = padded[(slice(None), slice(None)) + box]
        result = sum(torch.softmax(net(torch.flip(window, flip)), 1).flip(flip) if flip else torch.softmax(net(window), 1) for flip in flips)[0]
        if total is None:
            total = torch.zeros((result.shape[0],) + padded.shape[2:])
        total[(slice(None),) + box] += result * (weight / len(flips))
        weights[box] += weight
    inside = tuple(slice(b, b + n) for b, n in zip(below, image.shape[2:]))
    return (total / weights).argmax(0)[inside].to(torch.uint8).numpy()


def main():
    cases, model, out, threads, mirror = sys.argv[1:]
    torch.set_num_threads(int(threads))
    net = UNet(model)
    weight = gaussian(net.patch)
    axes = (2, 3, 4) if mirror == "xyz" else ()
    flips = [flip for n in range(len(axes) + 1) for flip in itertools.combinations(axes, n)]
    with np.load(cases) as file:
        images = [file[name] for name in sorted(file)]
    with torch.inference_mode():
        for image in images:
            predict(net, image, weight, flips)
        begin = time.perf_counter()
        found = [predict(net, image, weight, flips) for image in images]
        ms = (time.perf_counter() - begin) * 1e3 / len(images)
    with open(out, "wb") as file:
        for one in found:
            file.write(one.tobytes())
    print(json.dumps({"ms": ms}))


main()
