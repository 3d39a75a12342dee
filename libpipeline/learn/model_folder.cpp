#include "learn/model_folder.h"

#include "core/error.h"
#include "core/files.h"

namespace cohort::learn {

void write_checkpoint(const std::filesystem::path& file, const Model& model, const RunState& state) {
    TensorFile content;
    content.tensors = model.state();
    content.metadata["format"] = "cohort checkpoint 1";
    content.metadata["plan"] = plan_digest(model.plan()).text();
    content.metadata["state"] = canonical_json(to_json(state));
    write_tensors(file, content);
}

RunState load_checkpoint(const std::filesystem::path& file, Model& model) {
    const auto name = printable(file.filename().string());
    const auto content = read_tensors(file);
    const auto text = [&](const std::string& key) {
        const auto found = content.metadata.find(key);
        if (found == content.metadata.end())
            throw Error(Exit::bad_input, name + ": it has no '" + key + "'; it is no checkpoint of ours.");
        return found->second;
    };
    if (text("format") != "cohort checkpoint 1")
        throw Error(Exit::bad_input, name + ": its format is not 'cohort checkpoint 1'; this version cannot read it.");
    if (text("plan") != plan_digest(model.plan()).text())
        throw Error(Exit::bad_input, name +
                                         ": it was trained by another plan than the model's plan.json; take the pair "
                                         "that belongs together.");
    auto state = run_state_from_json(parse_json(text("state"), name), name);
    model.load(content.tensors, name);
    return state;
}

ModelDescription describe_model(const std::filesystem::path& folder, const store::Manifest& manifest) {
    const auto where = (folder / "manifest.json").string(), plan = (folder / "plan.json").string();
    const auto& content = manifest.content;
    ModelDescription model;
    model.plan = plan_from_json(parse_json(store::read_member(folder, manifest, "plan.json"), plan), plan);
    model.channels = channels_from_json(member(content, "channels", where), where);
    const auto& labels = member(content, "labels", where);
    if (!labels.is_array() || labels.empty()) throw Error(Exit::bad_input, where + ": content.labels is empty.");
    model.label_array = text_member(labels[0], "array", where);
    model.labels = class_table(content, model.label_array, where);
    const auto preprocessing = content.find("preprocessing");
    if (preprocessing != content.end()) model.preprocessing = *preprocessing;
    return model;
}

Model open_model(const std::filesystem::path& folder, const store::Manifest& manifest,
                 const ModelDescription& description, const std::string& checkpoint, const std::string& device) {
    const auto file = folder / (checkpoint + ".ckpt");
    if (!std::filesystem::exists(file))
        throw Error(Exit::bad_input, folder.string() + " has no " + checkpoint + ".ckpt" +
                                         (checkpoint == "best" ? ": nothing was validated while it was trained; use "
                                                                 "--checkpoint last."
                                                               : "; train it again."));
    store::check_member(folder, manifest, file.filename().string());
    Model model(description.plan, static_cast<std::int64_t>(description.channels.size()), description.labels, 0,
                device);
    within([&] { return "opening model " + folder.string(); }, [&] { load_checkpoint(file, model); });
    return model;
}

}  // namespace cohort::learn
