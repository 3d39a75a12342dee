"""Cubes that look like brain MR to a compressor: smooth anatomy, texture, Rician noise, dark background."""
import numpy as np


def blobs(n, rng):
    axis = np.linspace(-1, 1, n, dtype=np.float32)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    image = np.zeros((n, n, n), np.float32)
    for _ in range(12):
        centre, size = rng.uniform(-0.4, 0.4, 3), rng.uniform(0.2, 0.7, 3)
        inside = ((x - centre[0]) / size[0]) ** 2 + ((y - centre[1]) / size[1]) ** 2 + ((z - centre[2]) / size[2]) ** 2 < 1
        image += inside * np.float32(rng.uniform(40, 200))
    return image * (1 + 0.2 * np.sin(6 * x + 3 * y) * np.cos(4 * z))


def mri(n, seed=0):
    """int16, noise with an SD of 12 in both channels."""
    rng = np.random.default_rng(seed)
    image = blobs(n, rng)
    real = image + rng.normal(0, 12, image.shape).astype(np.float32)
    imaginary = rng.normal(0, 12, image.shape).astype(np.float32)
    return np.sqrt(real ** 2 + imaginary ** 2).astype("<i2")


def cube(kind, n, seed=0):
    """kind: i16, z-scored (float32), integers (float32 that hold int16 values)."""
    image = mri(n, seed)
    if kind == "i16":
        return image
    if kind == "integers":
        return image.astype("<f4")
    rng = np.random.default_rng(seed + 1)
    smooth = image + rng.uniform(-0.5, 0.5, image.shape)  # interpolated values are not integers
    return ((smooth - smooth.mean()) / smooth.std()).astype("<f4")
