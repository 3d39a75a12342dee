// What all layouts share: the files of a root, and the pairing of images with labels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/layouts/layout.h"

namespace cohort::layouts {

/// The image files under one root; everything else is set aside or skipped in `listing`.
struct Files {
    std::vector<Source> sources;      ///< byte order of paths
    std::vector<std::string> others;  ///< files of no image format, not hidden: the layout says what becomes of them
};
Files gather_files(const std::filesystem::path& root, const std::string& input, const Request& request,
                   Listing& listing);

/// A file that a layout has understood.
struct Found {
    std::string id, subject, session;
    std::string channel = {};  ///< key of its channel ("0000", "T1"), "" where there is one
    Source source;
    bool always_kept = false;  ///< imagesTs: unlabelled on purpose
};

/// `labels`: nothing where no labels are given at all. `images`: nothing where only labels are given.
/// Fills cases, channels and what has no partner. Channel keys are sorted, numbers as numbers.
void pair_up(std::optional<std::vector<Found>> images, std::optional<std::vector<Found>> labels, const Request& request,
             Listing& listing);

/// The layouts. Each fills `listing`.
void list_flat(const Request& request, Listing& listing);
void list_subjects(const Request& request, Listing& listing);
/// Medical Segmentation Decathlon and nnU-Net raw; `channel_suffix`: files end in _0000, _0001 …
void list_decathlon(const Request& request, bool channel_suffix, Listing& listing);
/// Whether a folder stands there; what cannot be looked at is none (its reading then says why).
bool is_folder(const std::filesystem::path& path);
/// Whether `root` has the folder imagesTr or imagesTs.
bool looks_like_decathlon(const std::filesystem::path& root);
/// "hippocampus_001_0000" → "0000"; "" where there is none.
std::string_view channel_suffix_of(std::string_view stem);

}  // namespace cohort::layouts
