#include <cmath>

#include "apps/inspect/summary.h"
#include "apps/inspect/text_table.h"
#include "core/checked_math.h"

namespace cohort::inspect {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string heading(const std::string& text) { return "\n" + text + "\n"; }

/// "f32 163, u8 45"; a single entry without its number.
std::string tally(const Json& counts) {
    std::string text;
    for (const auto& [name, n] : counts.items())
        text += (text.empty() ? "" : ", ") + name + (counts.size() > 1 ? " " + plain(n) : "");
    return text;
}

std::string extents(const Json& list) {
    std::string text;
    for (const Json& n : list) text += (text.empty() ? "" : "×") + shortest(std::round(n.get<double>() * 1e4) / 1e4);
    return text;
}

/// One value where all are alike, else least / middle / most.
std::string spread(const Json& of) {
    if (of.at("min") == of.at("max")) return extents(of.at("min"));
    return extents(of.at("min")) + " / " + extents(of.at("median")) + " / " + extents(of.at("max"));
}

std::string scalars(const Json& object) {
    Rows rows;
    for (const auto& [name, value] : object.items())
        if (!value.is_structured()) rows.push_back({name, plain(value)});
    return rows.empty() ? "" : text_table(rows);
}

std::string dataset_text(const Json& d) {
    std::string out = "samples   " + plain(d.at("samples")) + " of " + plain(d.at("subjects")) + " subjects; " +
                      plain(d.at("with_image")) + " with an image, " + plain(d.at("with_label")) + " with a label, " +
                      plain(d.at("flagged")) + " flagged\n";
    Rows rows{{"array", "role", "type", "axes", "samples", "shape (min / median / max)", "spacing mm", "voxels"}};
    for (const auto& [name, a] : d.at("arrays").items())
        rows.push_back({name, tally(a.at("roles")), tally(a.at("types")), tally(a.at("axes")), plain(a.at("samples")),
                        spread(a.at("shape")), spread(a.at("spacing_mm")),
                        human_bytes(a.at("voxel_bytes").get<std::uint64_t>())});
    out += heading("Arrays") + text_table(rows);
    if (!d.at("channels").empty()) {
        rows = {{"channel", "array", "index"}};
        for (const Json& c : d.at("channels"))
            rows.push_back(
                {plain(c.value("name", Json())), plain(c.value("array", Json())), plain(c.value("index", Json()))});
        out += heading("Channels") + text_table(rows);
    }
    if (!d.at("labels").empty()) {
        rows = {{"array", "value", "name"}};
        for (const Json& l : d.at("labels"))
            rows.push_back(
                {plain(l.value("array", Json())), plain(l.value("value", Json())), plain(l.value("name", Json()))});
        out += heading("Labels") + text_table(rows);
    }
    if (!d.at("values").empty()) {
        rows = {{"variable", "samples"}};
        for (const auto& [name, n] : d.at("values").items()) rows.push_back({name, plain(n)});
        out += heading("Values") + text_table(rows);
    }
    if (!d.at("flags").empty()) {
        rows = {{"check", "samples", "first"}};
        for (const Json& f : d.at("flags"))
            rows.push_back({plain(f.at("check")), plain(f.at("samples")), plain(f.at("example"))});
        out += heading("Flags") + text_table(rows);
    }
    if (!d.at("quarantine").empty()) {
        rows = {{"stage", "reason", "sources", "first", "why"}};
        for (const Json& q : d.at("quarantine"))
            rows.push_back({plain(q.at("stage")), plain(q.at("reason")), plain(q.at("sources")), plain(q.at("example")),
                            plain(q.at("message"))});
        out += heading("Quarantine") + text_table(rows);
    }
    return out;
}

std::string split_text(const Json& s) {
    std::string out = "scheme    " + plain(s.at("scheme")) + ", seed " + plain(s.at("seed")) + "\n";
    Rows rows{{"fold", "train", "validation", "test"}};
    for (const Json& f : s.at("folds"))
        rows.push_back({plain(f.at("name")), plain(f.at("train")), plain(f.at("validation")), plain(f.at("test"))});
    out += heading("Folds") + text_table(rows);
    rows = {{"fold", "part", "samples", "groups", "levels"}};
    for (const Json& b : s.at("balance")) {
        std::string levels;
        const Json by_variable = b.value("levels", Json::object());  // items() must not outlive it
        for (const auto& [variable, counts] : by_variable.items())
            levels += (levels.empty() ? "" : "; ") + variable + ": " + tally(counts);
        rows.push_back({plain(b.value("fold", Json())), plain(b.value("part", Json())),
                        plain(b.value("samples", Json())), plain(b.value("groups", Json())), levels});
    }
    return rows.size() > 1 ? out + heading("Balance") + text_table(rows) : out;
}

std::string history_line(const Json& line) {
    std::string text;
    for (const auto* key : {"iteration", "epoch", "loss"})
        if (line.contains(key)) text += (text.empty() ? "" : ", ") + std::string(key) + " " + plain(line.at(key));
    if (const auto v = line.find("validation"); v != line.end() && v->is_object())
        text += ", validation " + canonical_json(*v);
    return text;
}

std::string model_text(const Json& m) {
    Rows rows;
    for (const auto* which : {"first", "best", "last"})
        if (m.contains(which) && !m.at(which).is_null()) rows.push_back({which, history_line(m.at(which))});
    std::string out =
        rows.empty() ? "" : heading("History (" + plain(m.at("history_lines")) + " lines)") + text_table(rows);
    return m.contains("plan") ? out + heading("Plan") + pretty_json(m.at("plan")) : out;
}

std::string evaluation_text(const Json& e) {
    std::string out = "cases     " + plain(e.at("cases")) + ", " + std::to_string(e.at("failed").size()) + " failed\n" +
                      "rule      " + e.at("rule_for_empty_masks").get<std::string>() + "\n";
    Rows rows{{"label", "name", "metric", "mean", "SD", "median", "min", "max", "scored"}};
    for (const Json& label : e.at("labels"))
        for (const Json& metric : e.at("metrics")) {
            const Json& s = label.at("metrics").at(metric.at("name").get<std::string>());
            rows.push_back({plain(label.at("label")), plain(label.at("name")), plain(metric.at("name")),
                            plain(s.at("mean")), plain(s.at("sd")), plain(s.at("median")), plain(s.at("min")),
                            plain(s.at("max")), plain(s.at("n_scored")) + " of " + plain(s.at("n"))});
        }
    for (const auto& [name, mean] : e.at("foreground").items())
        rows.push_back({"foreground", "", name, plain(mean.at("mean"))});
    out += heading("Scores") + text_table(rows, 400);
    if (!e.at("failed").empty()) {
        rows.clear();
        for (const Json& id : e.at("failed")) rows.push_back({plain(id)});
        out += heading("Failed cases") + text_table(rows);
    }
    return out;
}

std::string files_text(const Json& f) {
    Rows rows{{"ending", "files", "bytes"}};
    for (const Json& row : f.at("files"))
        rows.push_back(
            {plain(row.at("ending")), plain(row.at("files")), human_bytes(row.at("bytes").get<std::uint64_t>())});
    return heading("Files") + text_table(rows);
}

}  // namespace

std::string summary_text(const Json& s) {
    const std::string kind = s.at("kind").get<std::string>();
    const Json& counts = s.at("counts");
    const Json& by = s.at("made_by");
    std::string from;
    for (const Json& input : by.at("inputs"))
        from += (from.empty() ? " from " : ", ") + plain(input.at("name")) + " (" + plain(input.at("kind")) + ")";
    std::string out = kind + "  " + plain(s.at("artefact")) + "\ndigest    " + plain(s.at("digest")) + "\nprivacy   " +
                      plain(s.at("privacy")) + "\nmade by   " + plain(by.at("step")) + " " + plain(by.at("version")) +
                      from + "\ncounts    " + plain(counts.at("sources")) + " sources, " +
                      plain(counts.at("quarantined")) + " quarantined, " + plain(counts.at("skipped")) + " skipped\n";
    if (kind == "dataset")
        out += dataset_text(s.at(kind));
    else if (kind == "split")
        out += split_text(s.at(kind));
    else if (kind == "evaluation")
        out += evaluation_text(s.at(kind));
    else {
        if (const std::string table = scalars(s.at("content")); !table.empty()) out += heading("Content") + table;
        if (kind == "model")
            out += model_text(s.at(kind));
        else if (kind == "plan")
            out += heading("Plan") + pretty_json(s.at(kind).at("plan"));
        else
            out += files_text(s.at(kind));
    }
    return out;
}

std::string sample_text(const Json& s) {
    if (!s.contains("arrays")) {  // split or evaluation
        std::string out = plain(s.at("id")) + "\n";
        if (!s.contains("columns")) {
            for (const Json& row : s.at("parts"))
                out += "  fold " + plain(row.at("fold")) + ": " + plain(row.at("part")) + "\n";
            return out;
        }
        out += s.at("columns").get<std::string>() + "\n";  // lines of a table of ours, whole
        for (const Json& row : s.at("rows")) out += row.get<std::string>() + "\n";
        return out;
    }
    std::string out = plain(s.at("id")) + "  subject " + plain(s.at("subject")) +
                      (s.value("session", std::string()).empty() ? "" : ", session " + plain(s.at("session"))) + "\n";
    for (const auto& [name, array] : s.at("arrays").items()) {
        out += heading(name);
        Rows rows;
        for (const auto& [key, value] : array.items())
            if (key != "header" && !value.is_null())
                rows.push_back({key, value.is_structured() ? canonical_json(value) : plain(value)});
        out += text_table(rows);
        if (!array.contains("header")) continue;
        rows.clear();
        for (const auto& [key, value] : array.at("header").items()) {
            if (value.is_object())
                for (const auto& [field, inner] : value.items())
                    rows.push_back(
                        {std::string(key).append(".").append(field),
                         value.is_structured() && inner.is_structured() ? canonical_json(inner) : plain(inner)});
            else
                rows.push_back({key, value.is_structured() ? canonical_json(value) : plain(value)});
        }
        out += "  header\n" + text_table(rows, 200);
    }
    for (const auto* key : {"values", "source", "flags"})
        if (s.contains(key) && !s.at(key).empty()) out += heading(key) + "  " + canonical_json(s.at(key)) + "\n";
    return out;
}

}  // namespace cohort::inspect
