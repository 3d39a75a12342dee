#include "store/header_lines.h"

#include "core/deflate.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::store {
namespace {

constexpr std::uint32_t lines_per_file = 10000;
constexpr std::size_t largest_file = std::size_t{4} << 30;

/// Relative to the dataset, as the manifest names it.
std::string member_name(std::uint32_t number) {
    const std::string digits = std::to_string(number);
    return "headers/" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits + ".jsonl.gz";
}

}  // namespace

std::uint32_t HeaderWriter::add(const std::string& line) {
    text_ += line;
    text_ += '\n';
    if (++lines_ % lines_per_file == 0) write_file();
    return lines_ - 1;
}

void HeaderWriter::write_file() {
    std::filesystem::create_directories(dataset_ / "headers");
    FileWriter out(dataset_ / member_name((lines_ - 1) / lines_per_file));
    out.write(gzip_compress(bytes_of(text_), 6));
    out.close();
    text_.clear();
}

void HeaderWriter::close() {
    if (!text_.empty()) write_file();
}

std::string header_line(const Json& record, const std::string& id, const std::string& array) {
    Json line = record;
    line["id"] = id;
    line["array"] = array;
    return canonical_json(line);
}

std::shared_ptr<const HeaderReader::Lines> HeaderReader::file(std::uint32_t number) const {
    const std::lock_guard lock(mutex_);
    if (held_ && held_number_ == number) return held_;
    const auto path = dataset_ / member_name(number);
    const auto plain = gunzip_all(read_file(path, largest_file), largest_file);
    if (!plain || sha256(*plain) != manifest_.member(member_name(number), dataset_)) throw Error(Exit::bad_input, printable(path.string()) + " is not what manifest.json says; it was altered, cut or swapped. Make the dataset again.");
    auto lines = std::make_shared<Lines>();
    const std::string_view text = text_of(*plain);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines->emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    held_ = std::move(lines);
    held_number_ = number;
    return held_;
}

Json HeaderReader::read(std::uint32_t number, const std::string& id, const std::string& array) const {
    const auto lines = file(number / lines_per_file);
    const std::uint32_t at = number % lines_per_file;
    const std::string where = printable((dataset_ / member_name(number / lines_per_file)).string()) + " line " + std::to_string(at + 1);
    if (at >= lines->size()) throw Error(Exit::bad_input, where + " is not there; the file was cut. Make the dataset again.");
    Json record = parse_json((*lines)[at], where);
    if (text_member(record, "id", where) != id || text_member(record, "array", where) != array)
        throw Error(Exit::bad_input, where + " is not the header of " + array + " of " + printable(id) + "; the files were swapped. Make the dataset again.");
    record.erase("id");
    record.erase("array");
    return record;
}

}  // namespace cohort::store
