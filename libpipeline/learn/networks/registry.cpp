// Every network, in one list; names and sentences stand in plan/network_names.cpp, which needs no torch.
#include <array>

#include "core/error.h"
#include "learn/networks/unet.h"

namespace cohort::learn {
namespace {

constexpr std::array architectures{
    Architecture{"unet", unet_weights, unet_forward},
};

}  // namespace

std::span<const Architecture> all_architectures() { return architectures; }

const Architecture& architecture_named(std::string_view name) {
    for (const auto& architecture : architectures)
        if (architecture.name == name) return architecture;
    throw Error(Exit::bug, "No network '" + std::string(name) + "' is compiled in.");
}

}  // namespace cohort::learn
