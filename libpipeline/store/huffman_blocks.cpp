#include "store/huffman_blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace cohort::store {

struct HuffmanStream::Code {
    std::uint32_t bits = 0;  ///< first bit lowest
    std::uint32_t length = 0;
};

namespace {

static_assert(std::endian::native == std::endian::little, "bits are written eight bytes at a time");

constexpr std::size_t end_of_block = 256, literals = 257, all_symbols = 286;
/// RFC 1951 allows 15. Inflaters look up 9 to 11 bits at once, and five symbols of 11 fit the bit buffer; it costs less
/// than a thousandth of the size.
constexpr unsigned longest_literal = 11, longest_length = 7;

/// Canonical codes (RFC 1951, section 3.2.2) of given lengths; Huffman codes are written from their highest bit on.
template <class Code>
void canonical_codes(std::span<const std::uint8_t> lengths, std::span<Code> codes) {
    std::array<std::uint32_t, 17> count{}, next{};
    for (const std::uint8_t length : lengths) ++count[length];
    count[0] = 0;
    for (std::size_t length = 1; length < count.size(); ++length)
        next[length] = (next[length - 1] + count[length - 1]) << 1;
    for (std::size_t s = 0; s < lengths.size(); ++s) {
        const std::uint32_t length = lengths[s];
        codes[s] = {};
        if (length == 0) continue;
        std::uint32_t code = next[length]++, reversed = 0;
        for (std::uint32_t bit = 0; bit < length; ++bit, code >>= 1) reversed = reversed << 1 | (code & 1);
        codes[s] = {reversed, length};
    }
}

/// Depths of Huffman's tree over ascending weights, in place: Moffat and Katajainen, In-place calculation of
/// minimum-redundancy codes, WADS 1995. `weights` becomes the depths, descending.
void huffman_depths(std::span<std::uint32_t> weights) {
    const std::size_t n = weights.size();
    // Inner nodes take the places of the leaves that are used up; a place then holds its node's parent.
    weights[0] += weights[1];
    std::size_t root = 0, leaf = 2;
    for (std::size_t next = 1; next + 1 < n; ++next) {
        const auto lighter = [&](std::size_t limit) -> std::uint32_t {
            if (leaf >= n || (root < limit && weights[root] < weights[leaf])) {
                const std::uint32_t weight = weights[root];
                weights[root++] = static_cast<std::uint32_t>(next);
                return weight;
            }
            return weights[leaf++];
        };
        const std::uint32_t first = lighter(next);
        weights[next] = first + lighter(next);
    }
    // Parents become depths of inner nodes, and these depths of leaves.
    weights[n - 2] = 0;
    for (std::size_t i = n - 2; i-- > 0;) weights[i] = weights[weights[i]] + 1;
    std::size_t open = 1, inner = n - 1, to = n;
    for (std::uint32_t depth = 0; open > 0; ++depth) {
        std::size_t used = 0;
        for (; inner > 0 && weights[inner - 1] == depth; --inner) ++used;
        for (; open > used; --open) weights[--to] = depth;
        open = 2 * used;
    }
}

/// The code lengths of a block as they are told: run-length symbols with their extra bits (RFC 1951, section 3.2.7).
struct ToldLengths {
    struct Item {
        std::uint8_t symbol, extra, extra_bits;
    };
    std::array<Item, all_symbols + 2> items{};
    std::size_t count = 0;

    void add(std::uint8_t symbol, std::size_t extra = 0, std::uint8_t extra_bits = 0) {
        items[count++] = {symbol, static_cast<std::uint8_t>(extra), extra_bits};
    }
    void add_run(std::uint8_t length, std::size_t run) {
        if (length != 0) {
            add(length);
            --run;
            for (; run >= 3; run -= std::min<std::size_t>(run, 6)) add(16, std::min<std::size_t>(run, 6) - 3, 2);
        } else {
            for (; run >= 11; run -= std::min<std::size_t>(run, 138)) add(18, std::min<std::size_t>(run, 138) - 11, 7);
            if (run >= 3) {
                add(17, run - 3, 3);
                run = 0;
            }
        }
        while (run-- > 0) add(length);
    }
    explicit ToldLengths(std::span<const std::uint8_t> lengths) {
        for (std::size_t begin = 0; begin < lengths.size();) {
            std::size_t end = begin + 1;
            while (end < lengths.size() && lengths[end] == lengths[begin]) ++end;
            add_run(lengths[begin], end - begin);
            begin = end;
        }
    }
};

/// A literal, or so many repeats of the byte before (RFC 1951, section 3.2.5).
struct Token {
    std::uint16_t symbol;
    std::uint8_t extra, extra_bits;
};

Token run_token(std::size_t run) {
    if (run == 258) return {285, 0, 0};
    const std::size_t more = run - 3;
    if (more < 8) return {static_cast<std::uint16_t>(257 + more), 0, 0};
    const auto extra_bits = static_cast<std::uint8_t>(std::bit_width(more) - 3);
    const std::size_t symbol = 257 + 4 * extra_bits + (more >> extra_bits);
    return {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(more & ((1U << extra_bits) - 1)), extra_bits};
}

/// How often the first byte comes again behind itself.
std::size_t repeats(std::span<const std::byte> bytes) {
    const std::uint64_t eight = 0x0101010101010101 * static_cast<std::uint64_t>(bytes[0]);
    std::size_t i = 1;
    for (; bytes.size() - i >= 8; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + i, 8);
        if (word != eight) return i - 1 + static_cast<std::size_t>(std::countr_zero(word ^ eight)) / 8;
    }
    while (i < bytes.size() && bytes[i] == bytes[0]) ++i;
    return i - 1;
}

}  // namespace

ByteCounts count_bytes(std::span<const std::byte> bytes) {
    std::array<ByteCounts, 4> counts{};  // four tables: equal neighbours do not wait for each other
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        for (std::size_t k = 0; k < 8; ++k) ++counts[k % 4][word >> 8 * k & 0xFF];
    }
    for (; left > 0; --left, ++at) ++counts[0][static_cast<std::size_t>(*at)];
    for (std::size_t value = 0; value < 256; ++value)
        counts[0][value] += counts[1][value] + counts[2][value] + counts[3][value];
    return counts[0];
}

void code_lengths(std::span<const std::uint32_t> counts, unsigned longest, std::span<std::uint8_t> lengths) {
    std::array<std::uint64_t, all_symbols> sorted{};
    std::size_t used = 0;
    for (std::size_t s = 0; s < counts.size(); ++s)
        if (counts[s] > 0) sorted[used++] = std::uint64_t{counts[s]} << 32 | s;
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(used));
    std::array<std::uint32_t, all_symbols> depth{};
    for (std::size_t i = 0; i < used; ++i) depth[i] = static_cast<std::uint32_t>(sorted[i] >> 32);
    huffman_depths(std::span(depth).first(used));

    std::array<std::uint32_t, 17> of_length{};
    std::uint64_t room = 0;  // Kraft's sum in units of the longest code
    for (std::size_t i = 0; i < used; ++i) {
        const std::uint32_t length = std::min(depth[i], longest);
        ++of_length[length];
        room += std::uint64_t{1} << (longest - length);
    }
    // Codes that were cut take too much room: each turn makes the longest shorter code one bit longer and moves a cut
    // one beside it, which gives one unit back.
    for (; room > std::uint64_t{1} << longest; --room) {
        std::uint32_t length = longest - 1;
        while (of_length[length] == 0) --length;
        --of_length[length];
        of_length[length + 1] += 2;
        --of_length[longest];
    }
    std::fill(lengths.begin(), lengths.end(), std::uint8_t{0});
    std::uint32_t length = longest;
    for (std::size_t i = 0; i < used; ++i) {
        while (of_length[length] == 0) --length;
        --of_length[length];
        lengths[static_cast<std::uint32_t>(sorted[i])] = static_cast<std::uint8_t>(length);
    }
}

void HuffmanStream::reserve(std::size_t bytes) {
    if (out_.size() - put_ < bytes) out_.resize(put_ + bytes);
}

void HuffmanStream::flush() {
    std::memcpy(out_.data() + put_, &held_, 8);
    put_ += bits_ / 8;
    held_ >>= bits_ & ~7U;
    bits_ &= 7;
}

void HuffmanStream::put(std::uint64_t bits, unsigned count) {
    held_ |= bits << bits_;
    bits_ += count;
    if (bits_ > 32) flush();
}

void HuffmanStream::begin_block(std::span<const std::uint32_t> counts, bool last, std::size_t more,
                                std::span<Code> codes) {
    // Literals, the end of the block, run lengths, and two distances (1 and 2): some inflaters want a complete set.
    std::array<std::uint8_t, all_symbols + 2> room{};
    const auto lengths = std::span(room).first(counts.size() + 2);
    code_lengths(counts, longest_literal, lengths.first(counts.size()));
    lengths[counts.size()] = lengths[counts.size() + 1] = 1;

    const ToldLengths told(lengths);
    std::array<std::uint32_t, 19> told_counts{};
    for (std::size_t i = 0; i < told.count; ++i) ++told_counts[told.items[i].symbol];
    std::array<std::uint8_t, 19> told_lengths{};
    code_lengths(told_counts, longest_length, told_lengths);
    std::array<Code, 19> told_codes;
    canonical_codes(told_lengths, std::span<Code>(told_codes));
    constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::size_t ordered = order.size();
    while (ordered > 4 && told_lengths[order[ordered - 1]] == 0) --ordered;

    reserve(64 + 2 * told.count + more);  // no told length takes more than 7 + 7 bits
    put((last ? 1 : 0) | 2 << 1, 3);
    put(counts.size() - literals, 5);
    put(2 - 1, 5);  // distances
    put(ordered - 4, 4);
    for (std::size_t i = 0; i < ordered; ++i) put(told_lengths[order[i]], 3);
    for (std::size_t i = 0; i < told.count; ++i) {
        const auto& item = told.items[i];
        const Code code = told_codes[item.symbol];
        put(code.bits | std::uint64_t{item.extra} << code.length, code.length + item.extra_bits);
    }
    canonical_codes(lengths.first(counts.size()), codes);
}

void HuffmanStream::append_block(std::span<const std::byte> plain, const ByteCounts& counts, bool last) {
    std::array<std::uint32_t, literals> frequency{};
    std::copy(counts.begin(), counts.end(), frequency.begin());
    frequency[end_of_block] = 1;
    if (plain.empty()) frequency[0] = 1;
    std::array<Code, literals> codes;
    begin_block(frequency, last, (plain.size() * longest_literal + 7) / 8, codes);
    flush();
    std::byte* to = out_.data() + put_;
    std::uint64_t held = held_;
    std::uint32_t bits = bits_;
    const std::byte* at = plain.data();
    std::size_t left = plain.size();
    static_assert(5 * longest_literal + 7 < 64);
    for (; left >= 5; left -= 5, at += 5) {
        const auto code = [&](std::size_t k) { return codes[static_cast<std::size_t>(at[k])]; };
        const Code a = code(0), b = code(1), c = code(2), d = code(3), e = code(4);
        // Joined two by two, so that only the last shift waits for the symbols before.
        const std::uint64_t ab = a.bits | std::uint64_t{b.bits} << a.length,
                            cd = c.bits | std::uint64_t{d.bits} << c.length;
        const std::uint32_t ab_length = a.length + b.length, cd_length = c.length + d.length;
        const std::uint64_t all = ab | cd << ab_length | std::uint64_t{e.bits} << (ab_length + cd_length);
        held |= all << bits;
        bits += ab_length + cd_length + e.length;
        std::memcpy(to, &held, 8);
        to += bits / 8;
        held >>= bits & ~7U;
        bits &= 7;
    }
    put_ = static_cast<std::size_t>(to - out_.data());
    held_ = held;
    bits_ = bits;
    for (; left > 0; --left, ++at) {
        const Code code = codes[static_cast<std::size_t>(*at)];
        put(code.bits, code.length);
    }
    put(codes[end_of_block].bits, codes[end_of_block].length);
    flush();
}

void HuffmanStream::append_runs(std::span<const std::byte> plain, bool last) {
    constexpr std::size_t longest_run = 258;
    thread_local std::vector<Token> tokens;
    tokens.clear();
    std::array<std::uint32_t, all_symbols> frequency{};
    const auto literal = [&](std::byte value) {
        tokens.push_back({static_cast<std::uint16_t>(value), 0, 0});
        ++frequency[static_cast<std::size_t>(value)];
    };
    for (std::size_t i = 0; i < plain.size();) {
        literal(plain[i]);
        std::size_t run = repeats(plain.subspan(i));
        i += run + 1;
        for (; run >= 3; run -= std::min(run, longest_run)) {
            tokens.push_back(run_token(std::min(run, longest_run)));
            ++frequency[tokens.back().symbol];
        }
        for (; run > 0; --run) literal(plain[i - 1]);
    }
    frequency[end_of_block] = 1;
    if (plain.empty()) frequency[0] = 1;
    std::size_t symbols = all_symbols;
    while (symbols > literals && frequency[symbols - 1] == 0) --symbols;
    std::array<Code, all_symbols> codes;
    begin_block(std::span(frequency).first(symbols), last, tokens.size() * 3, codes);  // 11 + 5 + 1 bits at most
    for (const Token& token : tokens) {
        const Code code = codes[token.symbol];
        // The distance, 1, has the code 0.
        const unsigned distance_bits = token.symbol > end_of_block ? 1 : 0;
        put(code.bits | std::uint64_t{token.extra} << code.length, code.length + token.extra_bits + distance_bits);
    }
    put(codes[end_of_block].bits, codes[end_of_block].length);
    flush();
}

void HuffmanStream::finish() {
    if (bits_ > 0) {
        reserve(8);
        bits_ = 8;
        flush();
    }
    out_.resize(put_);
}

}  // namespace cohort::store
