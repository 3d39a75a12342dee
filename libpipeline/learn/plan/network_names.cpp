#include "learn/plan/network_names.h"

#include <array>

namespace cohort::learn {
namespace {

constexpr std::array networks{
    NetworkName{"unet", "U-Net with instance norm, leaky ReLU, strided and transposed convolutions."},
};

}  // namespace

std::span<const NetworkName> all_networks() { return networks; }

}  // namespace cohort::learn
