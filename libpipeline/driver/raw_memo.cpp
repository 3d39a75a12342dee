#include "driver/raw_memo.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "core/error.h"
#include "driver/result_log.h"

namespace cohort::driver {
namespace {

constexpr std::string_view version_line = "cohort-hashes 1\n";

template <class Number>
bool parse(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

std::string percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
            plain += static_cast<char>(value);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

}  // namespace

void RawMemo::load() {
    if (loaded_) return;
    loaded_ = true;
    std::error_code ignored;
    if (!std::filesystem::exists(file_, ignored)) return;
    const std::string text = read_text(file_);
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) break;  // torn; save() begins on a new line
        const auto body = checked_body(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        ++lines_;
        if (!body) continue;
        std::array<std::string_view, 5> fields;
        std::string_view left = *body;
        for (auto& field : fields) {
            field = left.substr(0, left.find('\t'));
            left.remove_prefix(std::min(field.size() + 1, left.size()));
        }
        Entry entry;
        const auto digest = digest_from_text("sha256:" + std::string(fields[4]));
        if (!digest || !parse(fields[1], entry.bytes) || !parse(fields[2], entry.mtime_ns) ||
            !parse(fields[3], entry.inode))
            continue;
        entry.digest = *digest;
        entries_[percent_decoded(fields[0])] = entry;
    }
}

std::string RawMemo::line_of(const std::string& path, const Entry& entry) {
    return checked_line(percent_encode(path) + "\t" + std::to_string(entry.bytes) + "\t" +
                        std::to_string(entry.mtime_ns) + "\t" + std::to_string(entry.inode) + "\t" +
                        entry.digest.hex());
}

std::optional<Digest> RawMemo::find(const std::string& path, const TreeEntry& entry) {
    load();
    const auto found = entries_.find(path);
    if (found == entries_.end() || found->second.bytes != entry.bytes || found->second.mtime_ns != entry.mtime_ns ||
        found->second.inode != entry.inode)
        return std::nullopt;
    return found->second.digest;
}

void RawMemo::add(const std::string& path, const TreeEntry& entry, const Digest& digest, std::int64_t hashed_ns) {
    load();
    if (entry.mtime_ns > hashed_ns - settled_after_ns) return;
    const Entry remembered{entry.bytes, entry.mtime_ns, entry.inode, digest};
    entries_[path] = remembered;
    unsaved_ += line_of(path, remembered);
}

void RawMemo::save() {
    if (!writable_ || unsaved_.empty()) return;
    if (lines_ > 1000 && lines_ > 2 * entries_.size()) {
        std::string text(version_line);
        for (const auto& [path, entry] : entries_) text += line_of(path, entry);
        write_file_atomically(file_, text);
        lines_ = entries_.size();
        unsaved_.clear();
        return;
    }
    const FileHandle handle(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!handle)
        throw Error(exit_for_write(errno),
                    printable(file_.string()) + " cannot be written: " + errno_text(errno) + ".");
    // A newline first: should the last line be torn, the new ones do not hang on to it. Empty lines are passed over.
    const bool is_new = ::lseek(handle.get(), 0, SEEK_END) == 0;
    write_all(handle.get(), bytes_of((is_new ? std::string(version_line) : "\n") + unsaved_), file_);
    unsaved_.clear();
}

}  // namespace cohort::driver
