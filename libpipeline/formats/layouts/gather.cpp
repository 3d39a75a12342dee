#include "formats/layouts/gather.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "formats/layouts/names.h"

namespace cohort::layouts {

namespace {

/// "a/b.hdr.gz" for "a/b.img.gz", in the case of the name given.
std::string header_beside(std::string_view voxels) {
    std::string header(voxels);
    const bool gz = voxels.ends_with(".gz") || voxels.ends_with(".GZ");
    const std::size_t at = header.size() - (gz ? 6 : 3);
    const bool upper = header[at] == 'I';
    header.replace(at, 3, upper ? "HDR" : "hdr");
    return header;
}

/// Files of one id, by their role.
struct Group {
    std::vector<Found> images, labels;
};

std::vector<std::string> names_of(const Source& source) {
    std::vector<std::string> names{source.path};
    if (!source.second.empty()) names.push_back(source.second);
    return names;
}

SetAside set_aside(const std::vector<Found>& files, std::string reason, std::string message) {
    SetAside entry{files.front().source.path, std::move(reason), std::move(message), files.front().id};
    for (std::size_t i = 0; i < files.size(); ++i)
        for (auto& name : names_of(files[i].source))
            if (name != entry.source) entry.others.push_back(std::move(name));
    return entry;
}

bool repeats_a_channel(const std::vector<Found>& files) {
    std::set<std::string> seen;
    return std::any_of(files.begin(), files.end(),
                       [&](const Found& file) { return !seen.insert(file.channel).second; });
}

std::string list_of(const std::vector<Found>& files) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(files.size(), 4); ++i)
        text += (i ? ", " : "") + printable(files[i].source.path);
    return text + (files.size() > 4 ? " …" : "");
}

/// Numbers by value, before words; words by bytes.
bool channel_less(const std::string& a, const std::string& b) {
    const auto number = [](const std::string& text) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        return fault == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
    };
    const auto na = number(a), nb = number(b);
    if (na && nb && *na != *nb) return *na < *nb;
    if (na.has_value() != nb.has_value()) return na.has_value();
    return a < b;
}

std::vector<std::string> channel_keys(const std::map<std::string, Group>& groups) {
    std::set<std::string> keys;
    for (const auto& [id, group] : groups)
        for (const auto& image : group.images) keys.insert(image.channel);
    std::vector<std::string> sorted(keys.begin(), keys.end());
    std::stable_sort(sorted.begin(), sorted.end(), channel_less);
    return sorted;
}

Case case_of(const std::string& id, const Group& group, const std::vector<std::string>& keys) {
    const auto& first = group.images.empty() ? group.labels.front() : group.images.front();
    Case one{id, first.subject, first.session, {}, std::nullopt};
    for (const auto& image : group.images) {
        const auto channel =
            static_cast<std::size_t>(std::find(keys.begin(), keys.end(), image.channel) - keys.begin());
        one.images.push_back({channel, image.source});
    }
    std::sort(one.images.begin(), one.images.end(), [](const auto& a, const auto& b) { return a.channel < b.channel; });
    if (!group.labels.empty()) one.label = group.labels.front().source;
    return one;
}

/// What keeps a group from becoming a case, if anything does.
std::optional<SetAside> fault_of(const Group& group, bool images_given, bool labels_given, bool keep_unlabelled) {
    if (repeats_a_channel(group.images) || group.labels.size() > 1) {
        std::vector<Found> all = group.images;
        all.insert(all.end(), group.labels.begin(), group.labels.end());
        return set_aside(all, "duplicate-id",
                         "several files lead to the id " + all.front().id + ": " + list_of(all) +
                             "; rename them, or say with --pattern which is which.");
    }
    if (group.images.empty() && images_given)
        return set_aside(group.labels, "image-missing",
                         printable(group.labels.front().source.path) + ": a label without its image.");
    const bool kept = keep_unlabelled || std::all_of(group.images.begin(), group.images.end(),
                                                     [](const Found& f) { return f.always_kept; });
    if (group.labels.empty() && labels_given && !kept)
        return set_aside(group.images, "label-missing",
                         printable(group.images.front().source.path) +
                             ": an image without its label, where labels are given; "
                             "--unlabelled keep keeps such images.");
    return std::nullopt;
}

}  // namespace

bool is_folder(const std::filesystem::path& path) {
    std::error_code unknown;
    return std::filesystem::is_directory(path, unknown);
}

Files gather_files(const std::filesystem::path& root, const std::string& input, const Request& request,
                   Listing& listing) {
    std::vector<TreeEntry> entries;
    struct stat status {};
    if (::stat(root.c_str(), &status) != 0)
        throw Error(Exit::bad_input, printable(root.string()) + ": cannot be read: " + errno_text(errno) + ".");
    if (S_ISDIR(status.st_mode))
        entries = list_tree(root, request.stop);
    else if (S_ISREG(status.st_mode)) {
        const auto name = root.filename().string();
        // The raw input's digest covers what is named; a pair's voxels would stand outside of it.
        if (request.kind(name) == FileKind::image && (name.ends_with(".hdr") || name.ends_with(".hdr.gz")))
            throw Error(Exit::bad_input,
                        printable(root.string()) + " is half of a pair; give the folder that holds .hdr and .img.");
        entries.push_back({name, static_cast<std::uint64_t>(status.st_size), 0, 0});
    } else
        throw Error(Exit::bad_input, printable(root.string()) + " is neither a file nor a folder; check the path.");

    Files files;
    std::map<std::string, std::size_t> by_path;
    for (const auto& entry : entries) {
        if (is_hidden(entry.path))
            listing.skipped.push_back({entry.path, "a hidden file"});
        else if (const auto kind = request.kind(entry.path); kind == FileKind::image) {
            by_path[entry.path] = files.sources.size();
            files.sources.push_back({input, entry.path, {}, entry.bytes});
        } else if (kind == FileKind::other)
            files.others.push_back(entry.path);
    }
    for (const auto& entry : entries) {
        if (is_hidden(entry.path) || request.kind(entry.path) != FileKind::second_half) continue;
        const auto header = by_path.find(header_beside(entry.path));
        if (header == by_path.end()) {
            listing.set_aside.push_back({entry.path,
                                         "bad-header",
                                         printable(entry.path) + ": voxels without the .hdr file that describes them.",
                                         {}});
            continue;
        }
        auto& source = files.sources[header->second];
        source.second = entry.path;
        source.bytes += entry.bytes;
    }
    return files;
}

void pair_up(std::optional<std::vector<Found>> images, std::optional<std::vector<Found>> labels, const Request& request,
             Listing& listing) {
    listing.labels_given = labels.has_value();
    std::map<std::string, Group> groups;
    if (images)
        for (auto& image : *images) groups[image.id].images.push_back(std::move(image));
    if (labels)
        for (auto& label : *labels) groups[label.id].labels.push_back(std::move(label));

    const auto keys = channel_keys(groups);
    for (const auto& [id, group] : groups) {
        if (auto fault = fault_of(group, images.has_value(), labels.has_value(), request.keep_unlabelled))
            listing.set_aside.push_back(std::move(*fault));
        else
            listing.cases.push_back(case_of(id, group, keys));
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool declared = listing.declared_channels.size() == keys.size();
        listing.channels.push_back(declared ? listing.declared_channels[i] : keys[i].empty() ? "image" : keys[i]);
    }
}

}  // namespace cohort::layouts
