// Medical Segmentation Decathlon and nnU-Net raw: imagesTr, labelsTr, imagesTs, dataset.json. The folders are listed;
// dataset.json gives names of channels and labels, and what it lists must be there.
#include <algorithm>
#include <charconv>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "formats/layouts/gather.h"
#include "formats/layouts/names.h"

namespace cohort::layouts {

namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// {"0": "MRI", "1": "CT"} → names in the order of the numbers.
void read_channels(const Json& json, Listing& listing) {
    for (const char* key : {"channel_names", "modality"}) {
        const auto found = json.find(key);
        if (found == json.end() || !found->is_object()) continue;
        std::map<std::int64_t, std::string> by_number;
        for (const auto& [number, name] : found->items())
            if (const auto n = whole_number(number); n && name.is_string()) by_number[*n] = name.get<std::string>();
        for (const auto& [number, name] : by_number) listing.declared_channels.push_back(name);
        return;
    }
}

/// Decathlon: {"0": "background"}; nnU-Net: {"background": 0}. nnU-Net's regions (lists of values) name no single
/// value.
void read_labels(const Json& json, Listing& listing) {
    const auto found = json.find("labels");
    if (found == json.end() || !found->is_object()) return;
    for (const auto& [key, value] : found->items()) {
        if (value.is_number_integer())
            listing.label_names[value.get<std::int64_t>()] = key;
        else if (const auto number = whole_number(key); number && value.is_string())
            listing.label_names[*number] = value.get<std::string>();
        else
            listing.warnings.push_back(
                "dataset.json: the label " + printable(key) +
                " is a region of several values; its values keep the names that they have alone.");
    }
    // Regions: values that only occur in lists get their number as name.
    for (const auto& [key, value] : found->items())
        if (value.is_array())
            for (const auto& part : value)
                if (part.is_number_integer())
                    listing.label_names.try_emplace(part.get<std::int64_t>(), std::to_string(part.get<std::int64_t>()));
}

std::string plain_path(std::string path) {
    while (path.starts_with("./")) path.erase(0, 2);
    return path;
}

/// Every image and label that dataset.json lists, as [image or label path, …] per case.
std::vector<std::vector<std::string>> listed_cases(const Json& json) {
    std::vector<std::vector<std::string>> cases;
    const auto add = [&](std::initializer_list<const Json*> members) {
        std::vector<std::string> files;
        for (const auto* member : members) {
            if (!member) continue;
            if (member->is_string()) files.push_back(plain_path(member->get<std::string>()));
            if (member->is_array())
                for (const auto& file : *member)
                    if (file.is_string()) files.push_back(plain_path(file.get<std::string>()));
        }
        if (!files.empty()) cases.push_back(std::move(files));
    };
    const auto part = [](const Json& object, const char* key) -> const Json* {
        const auto found = object.find(key);
        return found == object.end() ? nullptr : &*found;
    };
    for (const char* key : {"training", "test"})
        if (const auto* list = part(json, key); list && list->is_array())
            for (const auto& entry : *list)
                entry.is_object() ? add({part(entry, "image"), part(entry, "label")}) : add({&entry});
    if (const auto* table = part(json, "dataset"); table && table->is_object())
        for (const auto& [id, entry] : table->items())
            if (entry.is_object()) add({part(entry, "images"), part(entry, "label")});
    return cases;
}

/// Ids of cases: of the stem, without the channel number where there is one.
std::string id_of(std::string_view path, bool channel_suffix) {
    auto stem = without_extension(path);
    if (channel_suffix)
        if (const auto suffix = channel_suffix_of(stem); !suffix.empty()) stem.remove_suffix(suffix.size() + 1);
    return id_of_text(stem);
}

/// Listed files that are not there, unless their case is set aside already for want of its partner.
void check_listed(const Json& json, const std::set<std::string>& present, bool channel_suffix, Listing& listing) {
    std::set<std::string> known;
    for (const auto& entry : listing.set_aside) known.insert(entry.id);
    for (const auto& files : listed_cases(json)) {
        for (const auto& file : files) {
            // Decathlon lists the case, nnU-Net's files carry the channel.
            const std::string first_channel =
                std::string(without_extension(file)) + "_0000" + file.substr(without_extension(file).size());
            if (present.contains(file) || (channel_suffix && present.contains(first_channel))) continue;
            const auto below = file.find('/') == std::string::npos ? file : file.substr(file.find('/') + 1);
            const auto id = id_of(below, channel_suffix);
            if (!known.insert(id).second) continue;
            listing.set_aside.push_back(
                {file, "listed-missing", "dataset.json lists " + printable(file) + ", which is not there.", id});
        }
    }
}

}  // namespace

std::string_view channel_suffix_of(std::string_view stem) {
    if (stem.size() < 6 || stem[stem.size() - 5] != '_') return {};
    const auto digits = stem.substr(stem.size() - 4);
    return std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) ? digits
                                                                                                  : std::string_view{};
}

bool looks_like_decathlon(const std::filesystem::path& root) {
    return is_folder(root / "imagesTr") || is_folder(root / "imagesTs");
}

namespace {

/// dataset.json, its channels and labels noted; an empty object where there is none.
Json read_description(const std::filesystem::path& root, Listing& listing) {
    std::error_code unknown;
    if (!std::filesystem::exists(root / "dataset.json", unknown)) return Json::object();
    Json json = read_json(root / "dataset.json", std::size_t{1} << 28);
    if (!json.is_object()) throw Error(Exit::bad_input, "dataset.json is no JSON object; correct it or remove it.");
    read_channels(json, listing);
    read_labels(json, listing);
    return json;
}

/// Sorts sources into images and labels by the folder they lie in.
class Sorter {
public:
    Sorter(bool channel_suffix, bool labels_apart, Listing& listing)
        : channel_suffix_(channel_suffix), labels_apart_(labels_apart), listing_(listing) {}

    void take(const Source& source) {
        present.insert(source.path);
        const auto slash = source.path.find('/');
        const bool is_inside = slash != std::string::npos;
        const auto folder = source.path.substr(0, slash);
        const auto below = is_inside ? source.path.substr(slash + 1) : source.path;
        const bool is_image = is_inside && (folder == "imagesTr" || folder == "imagesTs");
        const bool is_label = is_inside && folder == "labelsTr" && !labels_apart_;
        if (!is_image && !is_label) return skip(source, "it is no part of this layout");
        const bool has_channel = is_image && channel_suffix_;
        const auto suffix = has_channel ? channel_suffix_of(without_extension(below)) : std::string_view{};
        if (has_channel && suffix.empty()) return skip(source, "its name lacks the channel number (_0000)");
        Found found{
            id_of(below, has_channel), entity(below, "sub-"), entity(below, "ses-"), std::string(suffix), source,
            folder == "imagesTs"};
        if (found.subject.empty()) found.subject = found.id;
        (is_image ? images : labels).push_back(std::move(found));
    }

    std::vector<Found> images, labels;
    std::set<std::string> present;

private:
    void skip(const Source& source, const std::string& why) {
        for (const auto& name : {source.path, source.second})
            if (!name.empty()) listing_.skipped.push_back({name, why});
    }

    bool channel_suffix_, labels_apart_;
    Listing& listing_;
};

/// Labels of --labels, where they lie apart.
void add_labels(const std::filesystem::path& root, const Request& request, std::vector<Found>& labels,
                Listing& listing) {
    auto given = gather_files(root, "labels", request, listing);
    for (const auto& name : given.others) listing.skipped.push_back({name, "no image format has this kind of name"});
    for (auto& source : given.sources) {
        const auto id = id_of(source.path, false);
        labels.push_back({id, id, {}, {}, std::move(source)});
    }
}

}  // namespace

void list_decathlon(const Request& request, bool channel_suffix, Listing& listing) {
    if (!request.input || !looks_like_decathlon(*request.input))
        throw Error(Exit::bad_input,
                    (request.input ? printable(request.input->string()) + " has neither imagesTr nor imagesTs"
                                   : std::string("this layout needs --input")) +
                        "; choose another --layout.");
    const Json json = read_description(*request.input, listing);
    const auto files = gather_files(*request.input, "input", request, listing);
    for (const auto& name : files.others)
        if (name != "dataset.json") listing.skipped.push_back({name, "it is no part of this layout"});
    Sorter sorter(channel_suffix, request.labels.has_value(), listing);
    for (const auto& source : files.sources) sorter.take(source);
    if (request.labels) add_labels(*request.labels, request, sorter.labels, listing);
    std::optional<std::vector<Found>> labels;
    if (request.labels || is_folder(*request.input / "labelsTr")) labels = std::move(sorter.labels);
    pair_up(std::move(sorter.images), std::move(labels), request, listing);
    if (!request.labels) check_listed(json, sorter.present, channel_suffix, listing);
}

}  // namespace cohort::layouts
