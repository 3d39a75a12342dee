#include "apps/train/training_curves.h"

#include "core/files.h"
#include "learn/history.h"
#include "pictures/curves.h"

namespace cohort::train {
namespace {

pictures::Series series(const std::string& name, const std::vector<double>& x, const std::vector<double>& y) {
    pictures::Series line{name, {}};
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) line.points.push_back({x[i], y[i]});
    return line;
}

}  // namespace

void write_training_curves(const std::filesystem::path& folder) {
    const auto table = learn::read_history(folder / "history.jsonl");
    std::vector<pictures::Panel> panels(1);
    panels[0].title = "Training loss";
    panels[0].x_label = "iteration";
    panels[0].series = {series("loss", table.iteration, table.loss),
                        series("cross-entropy", table.iteration, table.cross_entropy),
                        series("1 − Dice", table.iteration, table.dice_loss)};
    if (!table.dice.empty()) {
        pictures::Panel dice;
        dice.title = "Dice of validation cases";
        dice.x_label = "iteration";
        for (std::size_t c = 0; c < table.dice.size(); ++c)
            dice.series.push_back(series(table.class_names[c], table.iteration, table.dice[c]));
        dice.series.push_back(series("mean", table.iteration, table.mean_dice));
        panels.push_back(dice);
    }
    write_file_atomically(folder / "curves.svg", pictures::curves_svg(panels));
}

}  // namespace cohort::train
