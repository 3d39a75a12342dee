"""The same augmentation as users of scipy or torch write it: WAY THREADS DRAWN RAW X Y Z OUT

WAY: scipy (affine_transform or map_coordinates, order 1 for the image, order 0 for the label, gaussian_filter, numpy) or
torch (grid_sample; conv3d, interpolate). DRAWN: transforms as `augmentation draw` prints them. RAW, OUT: as ours. Prints
{"ms": wall time a patch, "cpu_ms"}, with noise; what is written to OUT has none. With torch and an elastic field, labels are voted
on as ours are (one-hot, linear, largest share), so that both sides do equal maths; else they are taken from the nearest voxel."""
import json
import math
import sys
import time

import numpy as np

WAY, THREADS, DRAWN, RAW = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
NX, NY, NZ = map(int, sys.argv[5:8])
OUT = sys.argv[8]
SHAPE = (NZ, NY, NX)
VOXELS = NX * NY * NZ
NODE = 12


def spline_weights(n):
    """(n, nodes): cubic B-spline weights of each voxel of an axis."""
    nodes = (n - 1) // NODE + 4
    weights = np.zeros((n, nodes), np.float32)
    for i in range(n):
        t = (i % NODE) / NODE
        u = 1 - t
        weights[i, i // NODE:i // NODE + 4] = [u ** 3 / 6, (3 * t ** 3 - 6 * t ** 2 + 4) / 6, (3 * u ** 3 - 6 * u ** 2 + 4) / 6, t ** 3 / 6]
    return weights


WEIGHTS = [spline_weights(n) for n in SHAPE]
MIDDLE = np.array([(n - 1) / 2 for n in SHAPE])


def radius_of(sigma):
    return max(1, math.floor((6 * sigma - 0.5) / 2 + 0.5))


def zyx_matrix(item):
    """Matrix from output to source index, mirroring included, in the order z, y, x."""
    return np.array(item["matrix"])[::-1, ::-1]


class Scipy:
    def __init__(self, image, label):
        from scipy import ndimage
        self.nd = ndimage
        self.image, self.label = image, label
        self.random = np.random.default_rng(1)
        self.index = None

    def warp(self, item):
        nd, matrix = self.nd, zyx_matrix(item)
        if not item["warps"]:
            flips = tuple(slice(None, None, -1) if m else slice(None) for m in item["mirrored"][::-1])
            return self.image[flips].copy(), self.label[flips].copy()
        offset = MIDDLE - matrix @ MIDDLE
        if not item["elastic"]:
            return (nd.affine_transform(self.image, matrix, offset, order=1, mode="grid-constant"),
                    nd.affine_transform(self.label, matrix, offset, order=0, mode="grid-constant"))
        if self.index is None:
            self.index = np.indices(SHAPE, dtype=np.float32).reshape(3, -1)
        at = (matrix.astype(np.float32) @ self.index).reshape(3, *SHAPE) + offset.astype(np.float32).reshape(3, 1, 1, 1)
        for axis, nodes in enumerate(item["nodes"][::-1]):
            nodes = nodes.reshape([w.shape[1] for w in WEIGHTS])
            # The uniform cubic B-spline of the nodes: scipy evaluates it from coefficients as they are (prefilter=False).
            grid = np.ix_(*[np.arange(n) / NODE + 1 for n in SHAPE])
            coordinates = np.broadcast_arrays(*grid)
            at[axis] += nd.map_coordinates(nodes, coordinates, order=3, prefilter=False, mode="nearest", output=np.float32)
        return (nd.map_coordinates(self.image, at, order=1, mode="grid-constant"),
                nd.map_coordinates(self.label, at, order=0, mode="grid-constant"))

    def intensity(self, image, item, noisy):
        nd = self.nd
        if noisy and item["noise_sd"] > 0:
            image += self.random.normal(0, item["noise_sd"], image.shape).astype(np.float32)
        if item["blur_sigma"][0] > 0:
            for axis, sigma in enumerate(item["blur_sigma"][::-1]):
                image = nd.gaussian_filter1d(image, sigma, axis, truncate=radius_of(sigma) / sigma, mode="mirror")
        if item["brightness"] != 1:
            image *= np.float32(item["brightness"])
        if item["contrast"] != 1:
            low, high, mean = image.min(), image.max(), image.mean()
            image = np.clip((image - mean) * np.float32(item["contrast"]) + mean, low, high)
        factor = item["resolution"][0]
        if factor != 1:
            small = [max(1, math.floor(n * factor + 0.5)) for n in SHAPE]
            pick = [(2 * np.arange(m) + 1) * n // (2 * m) for n, m in zip(SHAPE, small)]
            image = nd.zoom(image[np.ix_(*pick)], [n / m for n, m in zip(SHAPE, small)], order=1, mode="nearest", grid_mode=True)
        for exponent, sign in ((item["inverted_gamma"], -1), (item["gamma"], 1)):
            if exponent == 1:
                continue
            image = image * np.float32(sign)
            mean, sd, low = image.mean(), image.std(ddof=1), image.min()
            extent = image.max() - low
            image = np.power((image - low) / max(extent, 1e-7), np.float32(exponent)) * extent + low
            image = sign * ((image - image.mean()) * (sd / max(image.std(ddof=1), 1e-7)) + mean)
        return image


class Torch:
    def __init__(self, image, label):
        import torch
        self.torch, self.f = torch, torch.nn.functional
        torch.set_num_threads(THREADS)
        torch.manual_seed(1)
        self.image = torch.from_numpy(image)[None, None]
        self.label = torch.from_numpy(label.astype(np.float32))[None, None]
        self.classes = int(label.max()) + 1
        self.one_hot = torch.stack([self.label[0, 0] == c for c in range(self.classes)]).to(torch.float32)[None]
        self.weights = [torch.from_numpy(w) for w in WEIGHTS]

    def grid(self, item):
        """Sampling positions in [−1, 1], x last first, as grid_sample has them (align_corners)."""
        torch = self.torch
        half = torch.tensor([max(n - 1, 1) / 2 for n in (NX, NY, NZ)], dtype=torch.float32)
        matrix = torch.tensor(item["matrix"], dtype=torch.float32) * half[None, :] / half[:, None]
        theta = torch.cat([matrix, torch.zeros(3, 1)], 1)[None]
        grid = self.f.affine_grid(theta, (1, 1, *SHAPE), align_corners=True)
        if item["elastic"]:
            wz, wy, wx = self.weights
            nodes = item["nodes_torch"]
            moved = torch.einsum("zk,ckji->czji", wz, nodes)
            moved = torch.einsum("yj,czji->czyi", wy, moved)
            moved = torch.einsum("xi,czyi->zyxc", wx, moved)
            grid = grid + moved[None] / half
        return grid

    def warp(self, item):
        if not item["warps"]:
            axes = [4 - i for i, m in enumerate(item["mirrored"]) if m]
            return self.image.flip(axes), self.label.flip(axes)
        sample, grid = self.f.grid_sample, self.grid(item)
        image = sample(self.image, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
        if not item["elastic"]:
            return image, sample(self.label, grid, mode="nearest", padding_mode="zeros", align_corners=True)
        shares = sample(self.one_hot, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
        shares[:, 0] += 1 - shares.sum(1)  # outside is background
        return image, shares.argmax(1, keepdim=True).to(self.torch.float32)

    def intensity(self, image, item, noisy):
        torch, f = self.torch, self.f
        if noisy and item["noise_sd"] > 0:
            image = image + torch.randn_like(image) * item["noise_sd"]
        if item["blur_sigma"][0] > 0:
            for axis, sigma in enumerate(item["blur_sigma"]):
                radius = radius_of(sigma)
                x = torch.arange(-radius, radius + 1, dtype=torch.float32)
                kernel = torch.exp(-x * x / (2 * sigma * sigma))
                kernel /= kernel.sum()
                pad = [0] * 6
                pad[2 * axis] = pad[2 * axis + 1] = radius
                shape = [1, 1, 1, 1, 1]
                shape[4 - axis] = 2 * radius + 1
                image = f.conv3d(f.pad(image, pad, mode="reflect"), kernel.reshape(shape))
        if item["brightness"] != 1:
            image = image * item["brightness"]
        if item["contrast"] != 1:
            low, high, mean = image.min(), image.max(), image.mean()
            image = ((image - mean) * item["contrast"] + mean).clamp(low, high)
        factor = item["resolution"][0]
        if factor != 1:
            small = [max(1, math.floor(n * factor + 0.5)) for n in SHAPE]
            image = f.interpolate(f.interpolate(image, small, mode="nearest-exact"), SHAPE, mode="trilinear", align_corners=False)
        for exponent, sign in ((item["inverted_gamma"], -1), (item["gamma"], 1)):
            if exponent == 1:
                continue
            image = image * sign
            mean, sd, low = image.mean(), image.std(), image.min()
            extent = image.max() - low
            image = ((image - low) / extent.clamp(min=1e-7)).pow(exponent) * extent + low
            image = sign * ((image - image.mean()) * (sd / image.std().clamp(min=1e-7)) + mean)
        return image


def main():
    raw = np.fromfile(RAW, np.uint8)
    image = raw[:4 * VOXELS].view(np.float32).reshape(SHAPE).copy()
    label = raw[4 * VOXELS:].view(np.uint16).reshape(SHAPE).copy()
    items = json.load(open(DRAWN))
    side = {"scipy": Scipy, "torch": Torch}[WAY](image, label)
    for item in items:
        if item["elastic"]:
            item["nodes"] = [np.array(n, np.float32) for n in item["nodes"]]
            if WAY == "torch":
                shape = [w.shape[1] for w in WEIGHTS]
                item["nodes_torch"] = side.torch.from_numpy(np.stack([n.reshape(shape) for n in item["nodes"]]))
    if OUT != "-":
        with open(OUT, "wb") as out:
            for item in items:
                moved, labels = side.warp(item)
                moved = side.intensity(moved, item, False)
                out.write(np.ascontiguousarray(np.asarray(moved), np.float32).tobytes())
                out.write(np.ascontiguousarray(np.asarray(labels), np.uint16).tobytes())
    side.intensity(side.warp(items[0])[0], items[0], True)
    start, cpu = time.perf_counter(), time.process_time()
    for item in items:
        moved, labels = side.warp(item)
        side.intensity(moved, item, True)
    passed, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"ms": passed * 1e3 / len(items), "cpu_ms": cpu * 1e3 / len(items)}))


main()
