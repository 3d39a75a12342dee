"""peer_torch.py WIDTH X Y Z BATCH THREADS STEPS → JSON: the same step in PyTorch."""
import json
import sys
import time

import torch
from unet import UNet, dice_and_cross_entropy

width, x, y, z, batch, threads, steps = map(int, sys.argv[1:8])
torch.set_num_threads(threads)
torch.manual_seed(1)
model = UNet(width)
optimiser = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=3e-5)
target = (torch.arange(batch * x * y * z) // 5 % 3).reshape(batch, z, y, x)
image = (target + torch.randn(target.shape)).unsqueeze(1).float()


def step():
    optimiser.zero_grad()
    loss = dice_and_cross_entropy(model(image), target)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 12)
    optimiser.step()
    return loss.item()


for _ in range(3):
    step()
times = []
for _ in range(steps):
    began = time.perf_counter()
    loss = step()
    times.append(time.perf_counter() - began)
print(json.dumps({"s": min(times), "mean_s": sum(times) / steps, "loss": loss}))
