// Random numbers that depend on what they are for and on nothing else: Philox4x32-10 in counter mode.
//
// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11. Known-answer vectors are tests.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace cohort {

/// One block: counter and key → four 32-bit words.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Item number of something named: first 8 bytes (little endian) of SHA-256(id ‖ copy number in decimal).
std::uint64_t item_of(std::string_view id, std::uint64_t copy = 0);

/// The stream of draws for one (seed, purpose, item). No draw depends on threads, order or what others drew.
/// Key: first 8 bytes of SHA-256(seed as 8 bytes little endian ‖ purpose). Counter: 64 bits item, 64 bits draw.
class RandomStream {
public:
    RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t item);

    std::uint32_t next_u32();
    std::uint64_t next_u64();
    double uniform();                              ///< [0, 1), 53 bits
    double uniform(double low, double high);       ///< [low, high)
    std::uint64_t below(std::uint64_t n);          ///< 0 … n−1, unbiased; n > 0
    double normal();                               ///< mean 0, SD 1; Box–Muller, two draws a pair
    bool chance(double probability);
    void fill(std::span<std::uint32_t> words);     ///< what as many calls of next_u32() would give, several times faster

private:
    std::array<std::uint32_t, 2> key_;
    std::uint64_t item_;
    std::uint64_t block_ = 0;
    std::array<std::uint32_t, 4> words_{};
    unsigned used_ = 4;
    double spare_ = 0;
    bool has_spare_ = false;
};

}  // namespace cohort
