#include <array>
#include <set>

#include "apps/export/target.h"
#include "core/files.h"

namespace cohort::exporting {

namespace {

struct ChannelPlace {
    std::string array;
    std::int64_t index = 0;
};

std::vector<ChannelPlace> channels_of(const Json& content) {
    std::vector<ChannelPlace> places;
    if (const auto found = content.find("channels"); found != content.end() && found->is_array())
        for (const auto& channel : *found)
            places.push_back({channel.value("array", "image"), channel.value("index", std::int64_t{0})});
    return places;
}

bool is_spatial(const std::vector<Axis>& axes, bool channel_axis_allowed) {
    for (const auto& axis : axes)
        if (axis.name != "x" && axis.name != "y" && axis.name != "z" && !(channel_axis_allowed && axis.name == "c"))
            return false;
    return true;
}

bool has_axis(const store::ArrayInfo& info, std::string_view name) {
    for (const auto& axis : info.axes)
        if (axis.name == name) return true;
    return false;
}

std::string four_digits(std::size_t number) {
    const auto text = std::to_string(number);
    return std::string(text.size() < 4 ? 4 - text.size() : 0, '0') + text;
}

Quarantined cannot_hold(const store::Sample& sample, const std::string& what) {
    return {"unsupported", sample.id + ": " + what, {{"id", sample.id}}};
}

Target target_for(const store::Sample& sample, const store::Dataset& dataset, std::string stem,
                  const std::string& array, std::optional<std::int64_t> channel) {
    return {.stem = std::move(stem),
            .array = array,
            .channel = channel,
            .as_3d = !has_axis(sample.arrays.at(array), "z"),
            .single_file = true,
            .header = channel ? std::nullopt : dataset.header(sample.id, array)};
}

}  // namespace

Targets nnunet_targets(const store::Sample& sample, const store::Dataset& dataset, const ExportParameters& parameters) {
    std::vector<std::string> labels;
    for (const auto& [name, info] : sample.arrays)
        if (info.role == store::Role::label && parameters.wants(name)) labels.push_back(name);
    if (labels.size() > 1) return cannot_hold(sample, "nnU-Net knows one label per case; choose it with --arrays.");
    const std::string images = labels.empty() ? "imagesTs/" : "imagesTr/";

    std::vector<Target> targets;
    const auto channels = channels_of(dataset.manifest().content);
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const auto found = sample.arrays.find(channels[i].array);
        if (found == sample.arrays.end() || !parameters.wants(found->first)) continue;
        const auto& info = found->second;
        if (!is_spatial(info.axes, true))
            return cannot_hold(sample, "the array " + found->first +
                                           " has axes beyond x, y, z and channels, which nnU-Net cannot hold.");
        targets.push_back(target_for(sample, dataset, images + sample.id + "_" + four_digits(i), found->first,
                                     has_axis(info, "c") ? std::optional(channels[i].index) : std::nullopt));
    }
    for (const auto& label : labels) {
        if (!is_spatial(sample.arrays.at(label).axes, false))
            return cannot_hold(sample, "the label has axes beyond x, y and z, which nnU-Net cannot hold.");
        targets.push_back(target_for(sample, dataset, "labelsTr/" + sample.id, label, std::nullopt));
    }
    return targets;
}

Json nnunet_dataset_json(const Json& content, std::uint64_t labelled) {
    Json channels = Json::object(), labels = Json::object();
    if (const auto found = content.find("channels"); found != content.end())
        for (std::size_t i = 0; i < found->size(); ++i)
            channels[std::to_string(i)] = (*found)[i].value("name", std::to_string(i));
    labels["background"] = 0;  // nnU-Net wants this name for 0
    std::set<std::string> taken{"background"};
    if (const auto found = content.find("labels"); found != content.end())
        for (const auto& label : *found) {
            const auto value = label.value("value", std::int64_t{0});
            if (value == 0) continue;
            auto name = label.value("name", std::to_string(value));
            if (!taken.insert(name).second) name += "_" + std::to_string(value);
            taken.insert(name);
            labels[name] = value;
        }
    return {{"channel_names", channels}, {"labels", labels}, {"numTraining", labelled}, {"file_ending", ".nii.gz"}};
}

}  // namespace cohort::exporting
