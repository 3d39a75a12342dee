// One folder per subject: each folder that holds images is a case, its images are channels, its label is told by name.
//
//     BraTS_001/BraTS_001_flair.nii.gz  BraTS_001_t1.nii.gz  BraTS_001_seg.nii.gz
//     sub-01/ses-1/t1.nii.gz  sub-01/ses-1/label.nii.gz
#include <algorithm>
#include <array>
#include <cctype>

#include "core/files.h"
#include "formats/layouts/gather.h"
#include "formats/layouts/names.h"

namespace cohort::layouts {

namespace {

constexpr std::array<std::string_view, 8> label_words{"seg",  "segmentation", "label",       "labels",
                                                      "mask", "gt",           "groundtruth", "lesion"};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// The last word of the stem (split at _ - . and blanks) says that it is a label.
bool is_label_name(std::string_view path) {
    const std::string stem = lower(without_extension(file_of(path)));
    const auto word = std::string_view(stem).substr(stem.find_last_of("_-. ") + 1);
    return std::find(label_words.begin(), label_words.end(), word) != label_words.end();
}

/// The stem without the names of the folders above it and of its entities: "flair" of BraTS_001/BraTS_001_flair.nii.gz.
std::string channel_of(std::string_view path) {
    std::string_view stem = without_extension(file_of(path));
    std::string_view folders = folder_of(path);
    std::vector<std::string> leading;
    while (!folders.empty()) {
        leading.emplace_back(file_of(folders));
        folders = folder_of(folders);
    }
    for (bool stripped = true; stripped;) {
        stripped = false;
        for (const auto& prefix : leading)
            if (stem.size() > prefix.size() + 1 && stem.starts_with(prefix) &&
                std::string_view("_-.").find(stem[prefix.size()]) != std::string_view::npos) {
                stem.remove_prefix(prefix.size() + 1);
                stripped = true;
            }
    }
    return std::string(stem);
}

Found found_in_folder(const Source& source) {
    const auto folder = folder_of(source.path);
    Found found;
    found.id = id_of_text(folder);
    const auto slash = folder.find('/');
    found.subject = std::string(folder.substr(0, slash));
    if (slash != std::string_view::npos) {
        const auto rest = folder.substr(slash + 1);
        found.session = std::string(rest.substr(0, rest.find('/')));
    }
    found.source = source;
    return found;
}

}  // namespace

void list_subjects(const Request& request, Listing& listing) {
    std::vector<Found> images, labels;
    bool labels_seen = request.labels.has_value();
    for (const auto& [root, input] : {std::pair{request.input, "input"}, std::pair{request.labels, "labels"}}) {
        if (!root) continue;
        const auto files = gather_files(*root, input, request, listing);
        for (const auto& name : files.others)
            listing.skipped.push_back({name, "no image format has this kind of name"});
        for (const auto& source : files.sources) {
            if (folder_of(source.path).empty()) {
                for (const auto& name : {source.path, source.second})
                    if (!name.empty()) listing.skipped.push_back({name, "it lies in no subject's folder"});
                continue;
            }
            auto found = found_in_folder(source);
            const bool is_label =
                std::string_view(input) == "labels" || (!request.labels && is_label_name(source.path));
            if (!is_label) found.channel = channel_of(source.path);
            labels_seen = labels_seen || is_label;
            (is_label ? labels : images).push_back(std::move(found));
        }
    }
    // Folders with one image each: whatever it is called, it is the image.
    std::map<std::string, int> per_case;
    for (const auto& image : images) ++per_case[image.id];
    if (std::all_of(per_case.begin(), per_case.end(), [](const auto& entry) { return entry.second == 1; }))
        for (auto& image : images) image.channel.clear();
    std::optional<std::vector<Found>> given_images, given_labels;
    if (request.input) given_images = std::move(images);
    if (labels_seen) given_labels = std::move(labels);
    pair_up(std::move(given_images), std::move(given_labels), request, listing);
}

}  // namespace cohort::layouts
