#include "store/raw_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/error.h"
#include "core/parallel.h"

namespace cohort::store {
namespace {

bool by_input_and_path(const SourceFile& a, const SourceFile& b) {
    return std::tie(a.input, a.path) < std::tie(b.input, b.path);
}

}  // namespace

std::string json_name(std::string_view name) {
    std::string text;
    while (!name.empty()) {
        const std::size_t length = utf8_length(name);
        text += length > 0 ? std::string(name.substr(0, length)) : percent_encode(name.substr(0, 1));
        name.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

std::vector<TreeEntry> list_raw(const std::filesystem::path& path, const StopAsked& stop) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw Error(Exit::bad_input, printable(path.string()) + " cannot be read: " + errno_text(errno) + ".");
    if (S_ISDIR(status.st_mode)) return list_tree(path, stop);
    if (!S_ISREG(status.st_mode))
        throw Error(Exit::bad_input, printable(path.string()) + " is neither a file nor a folder.");
    TreeEntry entry;
    entry.path = path.filename().string();
    entry.bytes = static_cast<std::uint64_t>(status.st_size);
    entry.mtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    entry.inode = status.st_ino;
    return {entry};
}

std::filesystem::path file_of(const std::filesystem::path& path, const TreeEntry& entry) {
    std::error_code unknown;  // then it cannot be opened either, which has its sentence
    return std::filesystem::is_directory(path, unknown) ? path / entry.path : path;
}

Digest raw_digest(std::vector<SourceFile> files) {
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    Json list = Json::array();
    for (const auto& file : files) list.push_back({file.path, file.bytes, file.digest.hex()});
    return sha256(canonical_json(list));
}

std::vector<SourceFile> hash_raw_tree(const std::filesystem::path& path, unsigned threads,
                                      const std::vector<SourceFile>& known, const StopAsked& stop) {
    std::map<std::string_view, const SourceFile*> read_already;
    for (const auto& file : known) read_already.emplace(file.path, &file);
    const std::vector<TreeEntry> entries = list_raw(path, stop);
    std::vector<SourceFile> files(entries.size());
    parallel_for(entries.size(), threads, [&](std::size_t i) {
        SourceFile& file = files[i];
        file.path = json_name(entries[i].path);
        const auto found = read_already.find(file.path);
        if (found != read_already.end() && found->second->bytes == entries[i].bytes) {
            file.bytes = found->second->bytes;
            file.digest = found->second->digest;
            return;
        }
        if (stop && stop())
            throw Error(Exit::stopped,
                        "stopped while reading " + printable(path.string()) + "; give the same command again.");
        const FileDigest digest = sha256_file(file_of(path, entries[i]));
        file.bytes = digest.bytes;
        file.digest = digest.digest;
    });
    return files;
}

Digest listing_digest(const std::filesystem::path& path, const StopAsked& stop) {
    // Times as text: nanoseconds since 1970 exceed what a JSON number holds exactly.
    Json list = Json::array();
    for (const auto& entry : list_raw(path, stop))
        list.push_back({json_name(entry.path), entry.bytes, std::to_string(entry.mtime_ns)});
    return sha256(canonical_json(list));
}

std::vector<SourceFile> read_sources(const std::filesystem::path& sources_jsonl) {
    const std::string text = read_text(sources_jsonl);
    std::vector<SourceFile> files;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string where = printable(sources_jsonl.string()) + " line " + std::to_string(++number);
        const Json line = parse_json(std::string_view(text).substr(begin, end - begin), where);
        begin = end + 1;
        SourceFile file;
        file.path = text_member(line, "path", where);
        const std::int64_t bytes = integer_member(line, "bytes", where);
        const auto digest = digest_from_text(text_member(line, "sha256", where));
        if (bytes < 0 || !digest) throw Error(Exit::bad_input, where + ": bytes or sha256 is malformed.");
        file.bytes = static_cast<std::uint64_t>(bytes);
        file.digest = *digest;
        if (line.contains("input")) file.input = text_member(line, "input", where);
        files.push_back(std::move(file));
    }
    return files;
}

void write_sources(const std::filesystem::path& sources_jsonl, std::vector<SourceFile> files) {
    std::sort(files.begin(), files.end(), by_input_and_path);
    FileWriter writer(sources_jsonl);
    for (const auto& file : files) {
        Json line{{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.digest.text()}};
        if (!file.input.empty()) line["input"] = file.input;
        writer.write(canonical_json(line) + "\n");
    }
    writer.close();
}

}  // namespace cohort::store
