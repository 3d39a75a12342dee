// index.jsonl: where each array lies. In memory, a compact table sorted by id.  [cohort_shards]
//
// The file holds, in this order and one canonical JSON object a line:
//   a line per shard    {"bytes", "chunks", "index": "sha256:…", "index_at", "shard"}: the file's length; how many rows its
//                       /index has, their SHA-256 and their place in the file
//   a line per form     {"array", "chunk", "filters", "form", "shape", "type"}: what arrays stored alike have in common
//   a line per sample   {"arrays": {NAME: {"digest", "first", "form", "header", "row", "shard"}}, "id"}: the first 16 digits of
//                       the array's digest, the first of its rows in the shard's /index; "header" is the line in headers/ and
//                       is left out where there is none
// An array stands at /samples/ID/ARRAY in its shard or, where it has a "row", is that row of /stacks/ARRAY/stack_name(form).
// It is not hashed: another index for the same content is as good.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.h"
#include "store/chunk_grid.h"
#include "store/packed_array.h"

namespace cohort::store {

inline constexpr std::uint32_t no_number = std::numeric_limits<std::uint32_t>::max();

/// "u8_28x28_deflate-1": the name of the dataset in which arrays of this form are stacked.
std::string stack_name(const Form& form);
/// "00012.h5".
std::string shard_name(std::size_t number);

struct ShardRecord {
    std::uint64_t bytes = 0;
    std::uint64_t index_at = 0;  ///< of /index in the file
    std::uint64_t chunks = 0;
    Digest index;
};

/// Where one array of one sample lies.
struct ArrayPlace {
    std::uint64_t digest = 0;           ///< first 8 bytes of its digest, big endian
    std::uint32_t form = 0;
    std::uint32_t shard = 0;
    std::uint32_t first = 0;            ///< row of /index of its first chunk
    std::uint32_t row = no_number;      ///< of its stack, if it is stacked
    std::uint32_t header = no_number;   ///< line in headers/
};
std::uint64_t digest_prefix(const Digest& digest);

class DatasetIndex {
public:
    std::vector<ShardRecord> shards;
    std::vector<Form> forms;
    std::vector<ChunkGrid> grids;  ///< of the forms

    std::size_t samples() const { return id_ends_.size(); }
    std::string_view id(std::size_t sample) const;
    std::optional<std::size_t> find(std::string_view id) const;
    std::span<const ArrayPlace> arrays(std::size_t sample) const;
    std::span<ArrayPlace> all_places() { return places_; }
    std::span<const ArrayPlace> all_places() const { return places_; }
    const ArrayPlace* find(std::size_t sample, std::string_view array) const;
    const ArrayPlace* find(std::string_view id, std::string_view array) const;

    /// Ids in ascending order; then its places, in order of the arrays' names. Error(resources) beyond 2^32 arrays.
    void add_sample(std::string_view id);
    std::size_t add_place(const ArrayPlace& place);  ///< returns its number in all_places()
    std::uint32_t intern(const Form& form);

private:
    std::string ids_;
    std::vector<std::uint64_t> id_ends_;
    std::vector<std::uint32_t> place_ends_;
    std::vector<ArrayPlace> places_;
    std::map<Form, std::uint32_t> form_numbers_;
};

/// Reads and checks index.jsonl; Error(bad_input) naming file and line.
DatasetIndex read_index(const std::filesystem::path& file);
/// Takes one line after the other (the reader without the file).
class IndexLines {
public:
    explicit IndexLines(std::string name) : name_(std::move(name)) {}
    void take(std::string_view line);
    DatasetIndex finish();

private:
    std::string name_;
    std::size_t line_ = 0;
    std::string previous_id_;
    DatasetIndex index_;
};

void write_index(const DatasetIndex& index, const std::filesystem::path& file);

}  // namespace cohort::store
