// headers/NNNNN.jsonl.gz: the raw headers of a dataset's arrays, 10,000 lines a file.  [cohort_shards]
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "store/manifest.h"

namespace cohort::store {

class HeaderWriter {
public:
    explicit HeaderWriter(std::filesystem::path dataset) : dataset_(std::move(dataset)) {}
    /// A line without its newline; returns its number over all files.
    std::uint32_t add(const std::string& line);
    void close();

private:
    void write_file();
    std::filesystem::path dataset_;
    std::string text_;
    std::uint32_t lines_ = 0;
};

/// The line for headers/ of a record ({format, fields, raw, extensions}).
std::string header_line(const Json& record, const std::string& id, const std::string& array);

/// Keeps the file that was read last, checked against the manifest, which must outlive this. Thread-safe.
class HeaderReader {
public:
    HeaderReader(std::filesystem::path dataset, const Manifest& manifest) : dataset_(std::move(dataset)), manifest_(manifest) {}
    /// The record of line `number`, which must be of this array; Error(bad_input) otherwise.
    Json read(std::uint32_t number, const std::string& id, const std::string& array) const;

private:
    using Lines = std::vector<std::string>;
    std::shared_ptr<const Lines> file(std::uint32_t number) const;
    std::filesystem::path dataset_;
    const Manifest& manifest_;
    mutable std::mutex mutex_;
    mutable std::uint32_t held_number_ = 0;
    mutable std::shared_ptr<const Lines> held_;
};

}  // namespace cohort::store
