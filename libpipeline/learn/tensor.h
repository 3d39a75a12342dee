// LibTorch's tensor, for the few files that compute with it. Nothing outside learn/ may include this.
#pragma once

#include <ATen/ATen.h>
#include <torch/version.h>
