// A sample: one line of samples.jsonl. It says what arrays there are, never where they lie.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.h"
#include "core/geometry.h"
#include "core/json.h"
#include "core/volume.h"

namespace cohort::store {

enum class Role { image, label, mask, probability, map };
std::string_view name_of(Role role);
std::optional<Role> role_named(std::string_view name);

/// The grid an array came from, kept when a step changed it: the way back.
struct NativeGrid {
    Shape shape;
    std::vector<Axis> axes;
    Geometry geometry;
    friend bool operator==(const NativeGrid&, const NativeGrid&) = default;
};

struct ArrayInfo {
    Role role = Role::image;
    VoxelType type = VoxelType::u8;
    Shape shape;
    std::vector<Axis> axes;
    Geometry geometry;
    Scale scale;
    std::vector<std::string> channels;  ///< names along axis c, may be empty
    std::optional<NativeGrid> native;
    Digest digest;  ///< array_digest of its voxels
};

struct Flag {
    std::string check;
    std::string message;
    friend bool operator==(const Flag&, const Flag&) = default;
};

struct Sample {
    std::string id;
    std::string subject;
    std::string session;                      ///< empty: none
    std::map<std::string, ArrayInfo> arrays;  ///< by name: image, image_0000, label …
    Json values = Json::object();             ///< age, sex, site, class …; text, numbers, bools
    std::vector<std::string> source;          ///< names as they came, relative
    std::vector<Flag> flags;

    const ArrayInfo* array(std::string_view name) const;
    const ArrayInfo* first_with(Role role) const;
    /// Id of the sample that augment made this one from (`copy_of`), or "".
    std::string copy_of() const;
};

Json to_json(const Sample& sample);
/// Error(bad_input) naming `where` (file and line).
Sample sample_from_json(const Json& json, std::string_view where);

/// A missing variable: absent, null, empty text or "n/a".
bool is_missing(const Json& value);
/// Nothing when missing; "id", "subject" and "session" are values too.
std::optional<Json> value_of(const Sample& sample, std::string_view name);

/// Streams samples.jsonl. At its end it checks the file's SHA-256 against `expected` (when given) and the ids' order,
/// and throws Error(bad_input) naming file and line when something was altered, cut or swapped.
class SampleReader {
public:
    SampleReader(const std::filesystem::path& file, std::optional<Digest> expected = std::nullopt);
    ~SampleReader();
    SampleReader(SampleReader&&) noexcept;
    std::optional<Sample> next();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// One line of sources.jsonl.
struct SourceFile {
    std::string path;  ///< relative to the raw input; a single file by its name
    std::uint64_t bytes = 0;
    Digest digest;
    std::string input = {};  ///< parameter it came by ("labels"); may be empty where there is only one raw input
    friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

}  // namespace cohort::store
