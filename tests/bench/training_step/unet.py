"""A plain U-Net in PyTorch: what a user would write for the same task."""
import torch
from torch import nn


def convolutions(n_in, n_out, stride=1):
    layers = []
    for i in range(2):
        layers += [nn.Conv3d(n_in if i == 0 else n_out, n_out, 3, stride if i == 0 else 1, 1, bias=False),
                   nn.InstanceNorm3d(n_out, affine=True), nn.LeakyReLU(0.01, inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, width=8, stages=4, channels=1, classes=3):
        super().__init__()
        f = [width * 2**i for i in range(stages)]
        self.encoders = nn.ModuleList(convolutions(channels if i == 0 else f[i - 1], f[i], 1 if i == 0 else 2) for i in range(stages))
        self.ups = nn.ModuleList(nn.ConvTranspose3d(f[i + 1], f[i], 2, 2, bias=False) for i in reversed(range(stages - 1)))
        self.decoders = nn.ModuleList(convolutions(2 * f[i], f[i]) for i in reversed(range(stages - 1)))
        self.head = nn.Conv3d(f[0], classes, 1)

    def forward(self, x):
        skips = []
        for encoder in self.encoders:
            x = encoder(x)
            skips.append(x)
        for up, decoder, skip in zip(self.ups, self.decoders, reversed(skips[:-1])):
            x = decoder(torch.cat([up(x), skip], 1))
        return self.head(x)


def dice_and_cross_entropy(logits, target):
    classes = logits.shape[1]
    cross_entropy = nn.functional.cross_entropy(logits, target)
    p = logits.softmax(1)
    truth = nn.functional.one_hot(target, classes).movedim(-1, 1).float()
    axes = (0, 2, 3, 4)
    dice = (2 * (p * truth).sum(axes) + 1e-5) / (p.sum(axes) + truth.sum(axes) + 1e-5)
    return cross_entropy + 1 - dice[1:].mean()
