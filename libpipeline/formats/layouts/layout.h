// How a data set lies in folders: files → cases (images by channel, label), and what belongs to none. Names only: no
// file but dataset.json is opened here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"

namespace cohort::layouts {

/// What a file is by its name; formats know (layouts do not).
enum class FileKind {
    image,        ///< a whole image, or the header of a pair
    second_half,  ///< the voxels of a pair (.img), named as its .hdr otherwise
    other
};

/// One source: a file, or a header with its voxels.
struct Source {
    std::string input;        ///< the parameter it came by: "input" or "labels"
    std::string path;         ///< relative to that
    std::string second = {};  ///< the .img of a pair, relative; else empty
    std::uint64_t bytes = 0;  ///< of both
    friend bool operator==(const Source&, const Source&) = default;
};

struct ChannelSource {
    std::size_t channel = 0;  ///< index into Listing::channels
    Source source;
};

struct Case {
    std::string id;  ///< only [A-Za-z0-9._-] and %XX
    std::string subject, session;
    std::vector<ChannelSource> images;  ///< ascending channels; empty for a label-only case
    std::optional<Source> label;
};

/// An input that cannot be used, for quarantine.jsonl. `others` share its fate and are named with it.
struct SetAside {
    std::string source, reason, message, id;
    std::vector<std::string> others = {};
};

struct Skipped {
    std::string source, why;
};

struct Listing {
    std::string layout;       ///< name of the layout taken
    std::string why;          ///< a sentence: what was seen
    std::vector<Case> cases;  ///< ascending ids
    std::vector<SetAside> set_aside;
    std::vector<Skipped> skipped;
    std::vector<std::string> channels;                ///< names in order; one entry per image file of a full case
    std::vector<std::string> declared_channels;       ///< dataset.json's, in order; empty where there is none
    std::map<std::int64_t, std::string> label_names;  ///< dataset.json's
    std::vector<std::string> warnings;
    bool labels_given = false;
};

/// What is asked for. At least one of input and labels.
struct Request {
    std::optional<std::filesystem::path> input, labels;
    std::string layout = "auto";
    std::string pattern;           ///< empty: none
    bool keep_unlabelled = false;  ///< images without label stay where labels are given
    std::function<FileKind(std::string_view name)> kind;
    StopAsked stop = {};  ///< asked while folders are listed
};

/// Error(bad_input): a path that cannot be read, a damaged dataset.json, a layout that is not there.
/// Error(usage): an unknown layout, a malformed pattern. Error(stopped): Request::stop said so.
Listing list_cases(const Request& request);

/// Every layout by name, with a sentence for the help.
struct Layout {
    std::string_view name, about;
};
std::span<const Layout> all_layouts();

}  // namespace cohort::layouts
