#include "driver/result_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "core/deflate.h"
#include "core/error.h"
#include "core/json.h"

namespace cohort::driver {
namespace {

constexpr std::string_view version_line = "cohort-results 1\n";
constexpr std::size_t field_count = 13;
constexpr std::size_t key_length = 64;

using Fields = std::array<std::string_view, field_count>;

std::optional<Fields> fields_of(std::string_view body) {
    Fields fields;
    for (std::size_t i = 0; i < field_count; ++i) {
        const auto tab = i + 1 < field_count ? body.find('\t') : body.size();
        if (tab == std::string_view::npos) return std::nullopt;
        fields[i] = body.substr(0, tab);
        body.remove_prefix(std::min(tab + 1, body.size()));
    }
    return fields;
}

template <class Number>
Number number(std::string_view text, int base = 10) {
    Number value{};
    if constexpr (std::is_floating_point_v<Number>)
        std::from_chars(text.data(), text.data() + text.size(), value);
    else
        std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

std::string hex_of(std::uint64_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

Result result_of(const Fields& fields) {
    Result result;
    result.key = fields[1];
    result.digest = fields[2];
    result.kind = fields[3];
    result.sources = number<std::uint64_t>(fields[4]);
    result.quarantined = number<std::uint64_t>(fields[5]);
    result.skipped = number<std::uint64_t>(fields[6]);
    result.shape = number<std::uint64_t>(fields[7], 16);
    result.wall_s = number<double>(fields[8]);
    result.cpu_s = number<double>(fields[9]);
    result.peak_rss = number<std::uint64_t>(fields[10]);
    result.numbers = fields[11];
    result.key_text = fields[12];
    return result;
}

}  // namespace

std::string checked_line(std::string_view body) {
    std::string line = hex_of(crc32c(bytes_of(body)), 8);
    line += '\t';
    line += body;
    line += '\n';
    return line;
}

std::optional<std::string_view> checked_body(std::string_view line) {
    if (line.size() < 9 || line[8] != '\t') return std::nullopt;
    const std::string_view body = line.substr(9);
    std::uint32_t sum = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + 8, sum, 16);
    if (error != std::errc() || end != line.data() + 8 || crc32c(bytes_of(body)) != sum) return std::nullopt;
    return body;
}

ResultLog::ResultLog(std::filesystem::path file, Access access) : file_(std::move(file)) {
    std::error_code ignored;
    if (std::filesystem::exists(file_, ignored)) text_ = read_text(file_);
    const auto last = text_.rfind('\n');
    std::size_t good = last == std::string::npos ? 0 : last + 1;  // beyond it: a torn last line
    std::string_view rest = std::string_view(text_).substr(0, good);
    if (!rest.empty() && !rest.starts_with(version_line)) {
        if (rest.starts_with("cohort-results "))
            throw Error(Exit::bad_input,
                        printable(file_.string()) +
                            " was written by another version of cohort; use that one, or give another --work.");
        ++damaged_;  // something else stands there: begin anew, results are read back from their manifests
        rest = {};
        good = 0;
    }
    if (!rest.empty()) rest.remove_prefix(version_line.size());
    by_key_.reserve(rest.size() / 400);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        index_line(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    if (access == Access::append) open_for_append(good);
}

void ResultLog::index_line(std::string_view line) {
    ++lines_;
    const auto body = checked_body(line);
    if (!body || !body->starts_with("R\t") || body->size() < 2 + key_length) {
        ++damaged_;
        return;
    }
    const std::string_view key = body->substr(2, key_length);
    by_key_[key] = *body;
}

void ResultLog::open_for_append(std::uint64_t good_bytes) {
    handle_ = FileHandle(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0666));
    if (!handle_)
        throw Error(exit_for_write(errno),
                    printable(file_.string()) + " cannot be written: " + errno_text(errno) + ".");
    if (good_bytes < text_.size() && ::ftruncate(handle_.get(), static_cast<off_t>(good_bytes)) != 0)
        throw Error(exit_for_write(errno), printable(file_.string()) + " cannot be mended: " + errno_text(errno) + ".");
    if (good_bytes == 0) write_all(handle_.get(), bytes_of(version_line), file_);
}

std::optional<Result> ResultLog::find(std::string_view key) const {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    const auto fields = fields_of(found->second);
    return fields ? std::optional(result_of(*fields)) : std::nullopt;
}

bool ResultLog::has_shape(std::uint64_t shape) const {
    if (!shapes_known_) {
        for (const auto& [key, line] : by_key_)
            if (const auto fields = fields_of(line)) shapes_.insert(result_of(*fields).shape);
        shapes_known_ = true;
    }
    return shapes_.contains(shape);
}

void ResultLog::add(const Result& result) {
    std::string body = "R";
    const auto field = [&](std::string_view text) {
        body += '\t';
        body += text;
    };
    field(result.key);
    field(result.digest);
    field(result.kind);
    field(std::to_string(result.sources));
    field(std::to_string(result.quarantined));
    field(std::to_string(result.skipped));
    field(hex_of(result.shape, 16));
    field(shortest(result.wall_s));
    field(shortest(result.cpu_s));
    field(std::to_string(result.peak_rss));
    field(result.numbers);
    field(result.key_text);
    added_.push_back(checked_line(body));
    const std::string& line = added_.back();
    write_all(handle_.get(), bytes_of(line), file_);
    index_line(std::string_view(line).substr(0, line.size() - 1));
    if (shapes_known_) shapes_.insert(result.shape);
}

void ResultLog::compact(const std::function<bool(std::string_view)>& keep) {
    std::deque<std::string_view> kept;
    const auto keep_newest = [&](std::string_view line) {
        const auto body = checked_body(line);
        if (!body || body->size() < 2 + key_length) return;
        const auto found = by_key_.find(body->substr(2, key_length));
        if (found == by_key_.end() || found->second.data() != body->data() || !keep(found->first)) return;
        kept.push_back(line);
    };
    std::string_view rest = text_;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) break;
        keep_newest(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    for (const auto& line : added_) keep_newest(std::string_view(line).substr(0, line.size() - 1));
    std::string text(version_line);
    for (const auto line : kept) {
        text += line;
        text += '\n';
    }
    const bool appends = static_cast<bool>(handle_);
    write_file_atomically(file_, text);
    *this = ResultLog(file_, appends ? Access::append : Access::read);
}

}  // namespace cohort::driver
