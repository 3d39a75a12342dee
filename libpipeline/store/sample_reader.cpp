// samples.jsonl, line by line, in bounded memory, checked to its end.
#include <unistd.h>

#include <cerrno>

#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"
#include "store/sample.h"
#include "store/sample_line.h"

namespace cohort::store {
namespace {

/// A sample is some kilobytes; a line beyond this is no sample, and is never held.
constexpr std::size_t longest_line = std::size_t{64} << 20;
constexpr std::size_t block_bytes = std::size_t{1} << 18;

}  // namespace

struct SampleReader::State {
    std::filesystem::path file;
    std::optional<Digest> expected;
    FileHandle handle;
    Sha256 hash;
    std::string buffer;  ///< bytes read and not consumed lie in [begin, buffer.size())
    std::size_t begin = 0;
    std::size_t searched = 0;  ///< no newline before this
    std::size_t line = 0;
    std::string previous_id;
    bool at_end = false;  ///< of the file
    bool checked = false;

    std::string where() const { return printable(file.string()) + " line " + std::to_string(line); }

    void read_block() {
        buffer.erase(0, begin);
        searched -= begin;
        begin = 0;
        const std::size_t held = buffer.size();
        buffer.resize(held + block_bytes);
        ssize_t got = 0;
        do got = ::read(handle.get(), buffer.data() + held, block_bytes);
        while (got < 0 && errno == EINTR);
        if (got < 0) {
            const int reason = errno;
            throw Error(Exit::bad_input, printable(file.string()) + " cannot be read: " + errno_text(reason) + ".");
        }
        buffer.resize(held + static_cast<std::size_t>(got));
        if (got == 0)
            at_end = true;
        else
            hash.update(std::string_view(buffer).substr(held));
    }

    /// The next line without its newline; nothing at the end of the file.
    std::optional<std::string_view> next_line() {
        for (;;) {
            const std::size_t newline = buffer.find('\n', searched);
            if (newline != std::string::npos) {
                const std::string_view text = std::string_view(buffer).substr(begin, newline - begin);
                begin = searched = newline + 1;
                ++line;
                return text;
            }
            searched = buffer.size();
            if (at_end) break;
            if (buffer.size() - begin > longest_line) {
                ++line;
                throw Error(Exit::bad_input,
                            where() + " is longer than " + human_bytes(longest_line) + "; it is no sample.");
            }
            read_block();
        }
        if (begin == buffer.size()) return std::nullopt;
        ++line;
        throw Error(Exit::bad_input, where() + ": it does not end with a newline, so the file is cut short.");
    }

    void check_whole() {
        if (checked) return;
        checked = true;
        if (expected && hash.finish() != *expected)
            throw Error(Exit::bad_input, printable(file.string()) + ": its " + std::to_string(line) +
                                             " lines are not what manifest.json says; the file was altered, cut or "
                                             "swapped after it was written.");
    }
};

SampleReader::SampleReader(const std::filesystem::path& file, std::optional<Digest> expected)
    : state_(std::make_unique<State>()) {
    state_->file = file;
    state_->expected = expected;
    state_->handle = open_for_reading(file);
}

SampleReader::~SampleReader() = default;
SampleReader::SampleReader(SampleReader&&) noexcept = default;

std::optional<Sample> SampleReader::next() {
    State& state = *state_;
    const auto text = state.next_line();
    if (!text) {
        state.check_whole();
        return std::nullopt;
    }
    Sample sample;
    if (!read_plain_line(*text, sample)) {
        const std::string where = state.where();
        sample = sample_from_json(parse_json(*text, where), where);
    }
    if (state.line > 1 && sample.id <= state.previous_id)
        throw Error(Exit::bad_input, state.where() + ": id '" + printable(sample.id) + "' does not come after '" +
                                         printable(state.previous_id) +
                                         "'; samples are sorted by id, and each id is there once.");
    state.previous_id = sample.id;
    return sample;
}

}  // namespace cohort::store
