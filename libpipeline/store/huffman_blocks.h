// Deflate without a search for matches: bytes become dynamic Huffman blocks (RFC 1951, section 3.2.7), several times
// faster than by any search for matches, and about as small where bytes do not repeat in order: noise's exponents, byte
// planes. [cohort_shards]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/deflate.h"

namespace cohort::store {

/// How often each byte value occurs.
using ByteCounts = std::array<std::uint32_t, 256>;
ByteCounts count_bytes(std::span<const std::byte> bytes);

/// Lengths of a complete prefix code, none longer than `longest` bits: Huffman's, and where that is too deep, the
/// nearest that fits. A count of 0 gives length 0. At least two counts are above 0, and at most 2^longest. Ties go to
/// the lower symbol, so that equal counts give equal lengths.
void code_lengths(std::span<const std::uint32_t> counts, unsigned longest, std::span<std::uint8_t> lengths);

/// Writes a bare deflate stream block after block, behind bytes that are there already. Depends on nothing but its
/// input.
class HuffmanStream {
public:
    explicit HuffmanStream(Bytes& out) : out_(out), put_(out.size()) {}
    /// One block of any length, with a code of its own. `counts` are those of `plain`.
    void append_block(std::span<const std::byte> plain, const ByteCounts& counts, bool last);
    /// The same with runs of equal bytes told as such: for what is nearly constant, which else takes a bit a byte.
    void append_runs(std::span<const std::byte> plain, bool last);
    /// Fills the last byte up with zero bits and gives `out` its length. To be called once, at the end.
    void finish();

private:
    struct Code;
    /// Header and code of a block whose symbols come `counts` times; leaves room for `more` bytes.
    void begin_block(std::span<const std::uint32_t> counts, bool last, std::size_t more, std::span<Code> codes);
    void reserve(std::size_t bytes);
    void put(std::uint64_t bits, unsigned count);
    void flush();

    Bytes& out_;
    std::size_t put_;         ///< whole bytes written
    std::uint64_t held_ = 0;  ///< bits not yet written, the first the lowest
    unsigned bits_ = 0;       ///< how many; below 8 after flush()
};

}  // namespace cohort::store
