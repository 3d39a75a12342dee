// All layouts in one list, and the choice of `auto`.
#include <algorithm>
#include <array>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "formats/layouts/gather.h"
#include "formats/layouts/layout.h"
#include "formats/layouts/names.h"
#include "formats/layouts/pattern.h"

namespace cohort::layouts {

namespace {

constexpr std::array layouts{
    Layout{"flat",
           "Every image is a case named by its path (or by --pattern); labels lie under the same names in --labels."},
    Layout{"msd", "Medical Segmentation Decathlon: imagesTr, labelsTr, imagesTs, dataset.json."},
    Layout{"nnunet", "nnU-Net raw: as msd, but a file per channel (_0000, _0001 …)."},
    Layout{"subjects",
           "One folder per subject, or per subject and session: its images are channels, a file named seg, label or "
           "mask is its label."},
};

struct Choice {
    std::string name, why;
};

/// Image files below a root, not hidden.
std::vector<std::string> image_names(const std::filesystem::path& root, const Request& request) {
    std::vector<std::string> names;
    for (const auto& entry : list_tree(root, request.stop))
        if (!is_hidden(entry.path) && request.kind(entry.path) == FileKind::image) names.push_back(entry.path);
    return names;
}

/// Every image lies in a folder, there are several folders, and all folders hold the same names (their own name aside).
bool looks_like_subjects(const std::vector<std::string>& names) {
    std::map<std::string, std::set<std::string>> stems;
    for (const auto& name : names) {
        const auto folder = std::string(folder_of(name));
        if (folder.empty()) return false;
        std::string stem(without_extension(file_of(name)));
        const std::string subject = folder.substr(0, folder.find('/'));
        for (auto at = stem.find(subject); at != std::string::npos; at = stem.find(subject))
            stem.erase(at, subject.size());
        stems[folder].insert(stem);
    }
    if (stems.size() < 2) return false;
    return std::all_of(stems.begin(), stems.end(),
                       [&](const auto& entry) { return entry.second == stems.begin()->second; });
}

Choice choose(const Request& request) {
    if (!request.pattern.empty()) return {"flat", "a pattern is given"};
    if (!request.input) return {"flat", "only labels are given"};
    if (!is_folder(*request.input)) return {"flat", "the input is a single file"};
    const auto names = image_names(*request.input, request);
    if (looks_like_decathlon(*request.input)) {
        const auto in_images = [](const std::string& name) {
            return name.starts_with("imagesTr/") || name.starts_with("imagesTs/");
        };
        const bool any = std::any_of(names.begin(), names.end(), in_images);
        const bool all = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
            return !in_images(name) || !channel_suffix_of(without_extension(name)).empty();
        });
        return any && all
                   ? Choice{"nnunet", "there is imagesTr or imagesTs, and its files end in a channel number (_0000)"}
                   : Choice{"msd", "there is imagesTr or imagesTs, and its files carry no channel number"};
    }
    if (looks_like_subjects(names))
        return {"subjects", "every image lies in a folder, and all folders hold the same names"};
    return {"flat", "there is neither imagesTr nor a folder per subject"};
}

}  // namespace

std::span<const Layout> all_layouts() { return layouts; }

Listing list_cases(const Request& request) {
    const Choice choice = request.layout == "auto" ? choose(request) : Choice{request.layout, "asked for"};
    if (!request.pattern.empty() && choice.name != "flat")
        throw Error(Exit::usage, "--pattern goes with --layout flat, not with " + printable(choice.name) + ".");
    Listing listing;
    listing.layout = choice.name;
    listing.why = choice.why;
    if (choice.name == "flat")
        list_flat(request, listing);
    else if (choice.name == "msd")
        list_decathlon(request, false, listing);
    else if (choice.name == "nnunet")
        list_decathlon(request, true, listing);
    else if (choice.name == "subjects")
        list_subjects(request, listing);
    else
        throw Error(Exit::usage, "There is no layout " + printable(choice.name) + "; " +
                                     did_you_mean(choice.name, {"auto", "flat", "msd", "nnunet", "subjects"}) +
                                     "see --help.");
    std::sort(listing.cases.begin(), listing.cases.end(), [](const Case& a, const Case& b) { return a.id < b.id; });
    std::sort(listing.skipped.begin(), listing.skipped.end(),
              [](const auto& a, const auto& b) { return a.source < b.source; });
    return listing;
}

}  // namespace cohort::layouts
