#include "driver/pipeline_checks.h"

#include <algorithm>
#include <queue>

#include "core/error.h"
#include "core/files.h"

namespace cohort::driver {
namespace {

bool is_step_piece(const Piece& piece) { return piece.kind == Piece::Kind::step || piece.kind == Piece::Kind::gather; }

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "'" : i + 1 == names.size() ? " and '" : ", '") + names[i] + "'";
    return text;
}

/// Keys of `needed` that `step` has no matrix key for.
std::vector<std::string> missing_keys(const StepModel& step, const StepModel& needed) {
    std::vector<std::string> names;
    for (const auto& key : needed.matrix)
        if (std::none_of(step.matrix.begin(), step.matrix.end(),
                         [&](const MatrixKey& own) { return own.name == key.name; }))
            names.push_back(key.name);
    return names;
}

class Checks {
public:
    explicit Checks(PipelineDraft& draft) : draft_(draft), steps_(draft.pipeline.steps) {}

    void check() {
        for (const auto& step : steps_)
            for (const auto& setting : step.settings) check_setting(step, setting);
        for (const auto& output : draft_.pipeline.outputs) check_output(output);
        sort_steps();
    }

private:
    void fault(const std::string& at, const std::string& sentence) { draft_.faults.add(at, sentence); }

    void check_setting(const StepModel& step, const Setting& setting) {
        for (const auto& item : setting.items) {
            const auto first = std::find_if(item.pieces.begin(), item.pieces.end(), is_step_piece);
            if (first == item.pieces.end()) continue;
            if (check_place(step, setting, item)) check_piece(step, setting, *first);
        }
    }

    /// May a reference to a step stand here at all?
    bool check_place(const StepModel& step, const Setting& setting, const Template& item) {
        const auto references = std::count_if(item.pieces.begin(), item.pieces.end(), is_step_piece);
        const auto path = setting.parameter == nullptr ? cli::PathKind::none : setting.parameter->path;
        const auto& written = std::find_if(item.pieces.begin(), item.pieces.end(), is_step_piece)->text;
        if (path != cli::PathKind::artefact && path != cli::PathKind::raw) {
            fault(setting.pointer, "'" + setting.name + "' of " + step.schema->name + " names no artefact, so " +
                                       written + " cannot stand here.");
            return false;
        }
        if (item.pieces.size() == 1) return true;
        if (path == cli::PathKind::raw && references == 1 && item.pieces[0].kind == Piece::Kind::step &&
            item.pieces[1].kind == Piece::Kind::text && item.pieces[1].text.starts_with('/'))
            return true;
        fault(setting.pointer,
              written + " must stand alone here" +
                  (path == cli::PathKind::raw ? ", or be followed by '/' and a path inside it." : "."));
        return false;
    }

    void check_piece(const StepModel& step, const Setting& setting, const Piece& piece) {
        const StepModel& needed = steps_[piece.index];
        if (piece.kind == Piece::Kind::gather) {
            if (!setting.parameter->is_list)
                fault(setting.pointer,
                      "'" + setting.name + "' takes one artefact, " + piece.text + " is a list; " +
                          (needed.matrix.empty()
                               ? "write ${steps." + needed.name + "}."
                               : "give this step the same matrix and write ${steps." + needed.name + "}."));
        } else if (const auto missing = missing_keys(step, needed); !missing.empty()) {
            const std::string keys = listed(missing);
            fault(setting.pointer, "Step '" + needed.name + "' has many jobs, one for each " + keys +
                                       "; write ${steps." + needed.name + ".*} for all of them, or give step '" +
                                       step.name + "' the matrix key " + keys + " for the matching one.");
        }
        check_kind(setting, needed);
    }

    void check_kind(const Setting& setting, const StepModel& needed) {
        if (needed.schema == nullptr || setting.parameter->path != cli::PathKind::artefact) return;
        const auto& kinds = setting.parameter->artefact_kinds;
        if (kinds.empty() || std::find(kinds.begin(), kinds.end(), needed.schema->output) != kinds.end()) return;
        std::string wanted;
        for (const auto& kind : kinds) wanted += (wanted.empty() ? "" : " or ") + kind;
        fault(setting.pointer, "'" + setting.name + "' takes a " + wanted + "; step '" + needed.name + "' (" +
                                   needed.schema->name + ") makes a " + needed.schema->output + ".");
    }

    void check_output(const OutputModel& output) {
        const StepModel& step = steps_[output.step];
        if (!output.gathered && !step.matrix.empty())
            fault(cli::pointer_to("/outputs", output.name),
                  "Step '" + step.name + "' has many jobs; write ${steps." + step.name + ".*} for all of them.");
    }

    /// Kahn's algorithm, the step that stands first in the file first among those that are ready.
    void sort_steps() {
        const std::size_t n = steps_.size();
        std::vector<std::vector<std::uint32_t>> needed_by(n);
        std::vector<std::size_t> open(n, 0);
        for (std::uint32_t i = 0; i < n; ++i)
            for (const auto needed : needs_of(steps_[i])) {
                needed_by[needed].push_back(i);
                ++open[i];
            }
        std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
        for (std::uint32_t i = 0; i < n; ++i)
            if (open[i] == 0) ready.push(i);
        auto& order = draft_.pipeline.order;
        for (; !ready.empty();) {
            const auto step = ready.top();
            ready.pop();
            order.push_back(step);
            for (const auto next : needed_by[step])
                if (--open[next] == 0) ready.push(next);
        }
        if (order.size() < n) tell_cycle(open);
    }

    static std::vector<std::uint32_t> needs_of(const StepModel& step) {
        std::vector<std::uint32_t> needs;
        for (const auto& setting : step.settings)
            for (const auto& item : setting.items)
                for (const auto& piece : item.pieces)
                    if (is_step_piece(piece)) needs.push_back(piece.index);
        std::sort(needs.begin(), needs.end());
        needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
        return needs;
    }

    /// Walks back from a step that was never ready until one comes twice: that is the cycle.
    void tell_cycle(const std::vector<std::size_t>& open) {
        std::vector<std::uint32_t> way;
        auto step = static_cast<std::uint32_t>(
            std::find_if(open.begin(), open.end(), [](std::size_t n) { return n > 0; }) - open.begin());
        while (std::find(way.begin(), way.end(), step) == way.end()) {
            way.push_back(step);
            for (const auto needed : needs_of(steps_[step]))
                if (open[needed] > 0) {
                    step = needed;
                    break;
                }
        }
        way.erase(way.begin(), std::find(way.begin(), way.end(), step));
        std::string text = "'" + steps_[step].name + "'";
        for (std::size_t i = 1; i < way.size(); ++i) text += " needs '" + steps_[way[i]].name + "', which";
        fault(steps_[step].pointer + "#key",
              "Step " + text + " needs '" + steps_[step].name + "': a circle, so none of them can start.");
    }

    PipelineDraft& draft_;
    const std::vector<StepModel>& steps_;
};

}  // namespace

void check_references(PipelineDraft& draft) { Checks(draft).check(); }

bool Faults::any_below(std::string_view pointer) const {
    return std::any_of(faults_.begin(), faults_.end(),
                       [&](const cli::Fault& fault) { return fault.pointer.starts_with(pointer); });
}

void Faults::throw_if_any(const std::string& file_name, const cli::YamlDocument& document) const {
    if (faults_.empty()) return;
    struct Line {
        cli::Mark mark;
        std::string text;
    };
    std::vector<Line> lines;
    for (const auto& fault : faults_) {
        if (!fault.pointer.empty() && !fault.pointer.starts_with('/')) {
            lines.push_back({{}, fault.pointer + ": " + fault.sentence});
            continue;
        }
        const cli::Mark mark = document.mark(fault.pointer);
        const std::string place =
            mark.line > 0 ? ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column) : "";
        lines.push_back({mark, file_name + place + ": " + fault.sentence});
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
        return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
    });
    constexpr std::size_t most_told = 100;  // a broken file of thousands of steps: more would only scroll away
    std::string text = lines.size() == 1 ? "" : file_name + " has " + std::to_string(lines.size()) + " faults:";
    for (std::size_t i = 0; i < lines.size() && i < most_told; ++i)
        text += (lines.size() == 1 ? "" : "\n  ") + lines[i].text;
    if (lines.size() > most_told) text += "\n  … and " + std::to_string(lines.size() - most_told) + " more.";
    throw Error(Exit::usage, text);
}

}  // namespace cohort::driver
