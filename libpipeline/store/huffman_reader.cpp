#include "store/huffman_reader.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace cohort::store {
namespace {

constexpr std::size_t end_of_block = 256, literals = 257, all_symbols = 286;
constexpr unsigned longest = 11;  ///< what HuffmanStream writes

/// Bits of a span, the lowest first. Beyond its end come zeros; whether they were used is seen at the end.
class BitReader {
public:
    explicit BitReader(std::span<const std::byte> bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    /// At least 56 bits are held afterwards.
    void refill() {
        if (end_ - at_ >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at_, 8);
            held |= word << bits;
            at_ += (63 - bits) / 8;
            bits |= 56;
            return;
        }
        for (; bits < 56; bits += 8) {
            if (at_ < end_)
                held |= static_cast<std::uint64_t>(*at_++) << bits;
            else
                missing_ += 8;
        }
    }
    /// `count` ≤ 56, right after refill(), or fewer bits later.
    std::uint32_t take(unsigned count) {
        const auto value = static_cast<std::uint32_t>(held & ((std::uint64_t{1} << count) - 1));
        drop(count);
        return value;
    }
    void drop(unsigned count) {
        held >>= count;
        bits -= count;
    }
    bool overrun() const { return missing_ > bits; }
    /// Nothing is left but the filling of the last byte.
    bool at_end() const { return at_ == end_ && !overrun() && bits - missing_ < 8; }

    std::uint64_t held = 0;
    unsigned bits = 0;

private:
    const std::byte *at_, *end_;
    unsigned missing_ = 0;  ///< bits held that the span did not have; they are the last ones
};

struct Symbol {
    std::uint16_t value = 0;
    std::uint8_t length = 0;
};

/// For every `width` bits that may come next, the symbol that they begin with. False unless the code is complete.
bool fill_table(std::span<const std::uint8_t> lengths, unsigned width, std::span<Symbol> table) {
    std::array<std::uint32_t, longest + 1> count{}, next{};
    for (const std::uint8_t length : lengths) ++count[length];
    count[0] = 0;
    std::uint32_t room = 0;
    for (unsigned length = 1; length <= width; ++length) {
        next[length] = (next[length - 1] + count[length - 1]) << 1;
        room += count[length] << (width - length);
    }
    if (room != 1U << width) return false;
    for (std::size_t s = 0; s < lengths.size(); ++s) {
        const std::uint8_t length = lengths[s];
        if (length == 0) continue;
        std::uint32_t code = next[length]++, reversed = 0;
        for (unsigned bit = 0; bit < length; ++bit, code >>= 1) reversed = reversed << 1 | (code & 1);
        for (std::size_t i = reversed; i < table.size(); i += std::size_t{1} << length)
            table[i] = {static_cast<std::uint16_t>(s), length};
    }
    return true;
}

/// A look-up's literals: up to seven in the low bytes; in the highest how many (four bits) and how long they are. None
/// where the block ends or a run begins, or a code of 11 bits comes: those are rare, and without them the table is made
/// in half the time.
constexpr unsigned run_bits = 10;
using Run = std::uint64_t;
constexpr unsigned most_literals = 7;
constexpr unsigned count_of(Run run) { return static_cast<unsigned>(run >> 56 & 0xF); }
constexpr unsigned bits_of(Run run) { return static_cast<unsigned>(run >> 60); }

struct Code {
    std::array<Symbol, 1 << longest> symbols;
    std::array<Run, 1 << run_bits> runs;

    void fill_runs() {
        for (std::size_t i = 0; i < runs.size(); ++i) {
            Run run = 0;
            unsigned used = 0, count = 0;
            for (; count < most_literals; ++count) {
                const Symbol symbol = symbols[i >> used];
                if (used + symbol.length > run_bits || symbol.value >= end_of_block) break;
                run |= static_cast<Run>(symbol.value) << 8 * count;
                used += symbol.length;
            }
            runs[i] = run | static_cast<Run>(count) << 56 | static_cast<Run>(used) << 60;
        }
    }
};

/// The literals' code of a block whose first three bits are read.
bool read_code(BitReader& in, Code& code) {
    in.refill();
    const std::size_t symbols = literals + in.take(5), distances = in.take(5) + 1, told = in.take(4) + 4;
    if (symbols > all_symbols || distances != 2) return false;
    constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::array<std::uint8_t, 19> told_lengths{};
    for (std::size_t i = 0; i < told; ++i) {
        in.refill();
        told_lengths[order[i]] = static_cast<std::uint8_t>(in.take(3));
    }
    std::array<Symbol, 1 << 7> told_code{};
    if (!fill_table(told_lengths, 7, told_code)) return false;

    std::array<std::uint8_t, all_symbols + 2> lengths{};
    const std::size_t all = symbols + distances;
    for (std::size_t i = 0; i < all;) {
        in.refill();
        const Symbol symbol = told_code[in.held & 127];
        in.drop(symbol.length);
        std::size_t run = 1;
        std::uint8_t value = static_cast<std::uint8_t>(symbol.value);
        if (symbol.value >= 16) {
            if (symbol.value == 16 && i == 0) return false;
            value = symbol.value == 16 ? lengths[i - 1] : std::uint8_t{0};
            run = symbol.value == 16 ? 3 + in.take(2) : symbol.value == 17 ? 3 + in.take(3) : 11 + in.take(7);
        }
        if (run > all - i || value > longest) return false;
        for (; run > 0; --run) lengths[i++] = value;
    }
    if (lengths[symbols] != 1 || lengths[symbols + 1] != 1) return false;
    if (in.overrun() || lengths[end_of_block] == 0) return false;
    if (!fill_table(std::span(lengths).first(symbols), longest, code.symbols)) return false;
    code.fill_runs();
    return true;
}

/// RFC 1951, section 3.2.5.
std::size_t run_length(BitReader& in, std::uint32_t symbol) {
    if (symbol == 285) return 258;
    const auto step = static_cast<std::uint32_t>(symbol - literals);
    if (step < 8) return 3 + step;
    const unsigned extra_bits = step / 4 - 1;
    return 3 + ((4 + step % 4) << extra_bits) + in.take(extra_bits);
}

/// A block's bytes from `out` on; null when they do not fit before `end`, the input ends, or what is repeated is not
/// the byte before.
std::byte* read_symbols(BitReader& reader, const Code& code, const std::byte* const begin, std::byte* out,
                        const std::byte* const end) {
    BitReader in = reader;
    constexpr unsigned at_once = 5;  // look-ups of 10 bits out of 56
    constexpr std::ptrdiff_t room = at_once * most_literals + 8;
    for (;;) {
        in.refill();
        if (in.overrun()) return nullptr;
        if (end - out >= room) {
            Run run = 0;
            for (unsigned k = 0; k < at_once; ++k) {
                run = code.runs[in.held & ((1 << run_bits) - 1)];
                std::memcpy(out, &run, 8);  // what is too much is written over next
                out += count_of(run);
                in.drop(bits_of(run));
            }
            if (count_of(run) != 0) continue;
            in.refill();
        }
        const Symbol symbol = code.symbols[in.held & ((1 << longest) - 1)];
        in.drop(symbol.length);
        if (in.overrun()) return nullptr;
        if (symbol.value == end_of_block) break;
        if (symbol.value < end_of_block) {
            if (out == end) return nullptr;
            *out++ = static_cast<std::byte>(symbol.value);
            continue;
        }
        const std::size_t run = run_length(in, symbol.value);
        if (in.take(1) != 0 || in.overrun()) return nullptr;  // another distance than 1
        if (out == begin || static_cast<std::size_t>(end - out) < run) return nullptr;
        std::memset(out, static_cast<int>(out[-1]), run);
        out += run;
    }
    reader = in;
    return out;
}

}  // namespace

bool read_huffman_blocks(std::span<const std::byte> packed, std::span<std::byte> plain) {
    BitReader in(packed);
    thread_local Code code;  // filled anew for each block
    std::byte *out = plain.data(), *const end = out + plain.size();
    for (bool last = false; !last;) {
        in.refill();
        last = in.take(1) != 0;
        if (in.take(2) != 2 || !read_code(in, code)) return false;
        out = read_symbols(in, code, plain.data(), out, end);
        if (out == nullptr) return false;
    }
    return out == end && in.at_end();
}

}  // namespace cohort::store
