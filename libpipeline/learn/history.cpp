#include "learn/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "core/error.h"
#include "core/files.h"

namespace cohort::learn {

Json to_json(const HistoryLine& line, const ClassTable& labels) {
    Json json{{"iteration", line.iteration},
              {"epoch", line.epoch},
              {"learning_rate", line.learning_rate},
              {"loss", line.loss},
              {"cross_entropy", line.cross_entropy},
              {"dice_loss", line.dice_loss},
              {"validation", nullptr}};
    if (line.dice.empty()) return json;
    Json dice = Json::object();
    const auto foreground = labels.foreground();
    for (std::size_t i = 0; i < line.dice.size(); ++i)
        dice[labels.labels()[static_cast<std::size_t>(foreground[i])].name] = null_if_not_finite(line.dice[i]);
    json["validation"] = {{"dice", dice}, {"mean_dice", null_if_not_finite(line.mean_dice)}};
    return json;
}

std::uint64_t append_history(const std::filesystem::path& file, std::uint64_t bytes, const std::string& line) {
    const auto fail = [&] {
        throw Error(exit_for_write(errno), file.string() + ": cannot be written: " + errno_text(errno) + ".");
    };
    const FileHandle handle(open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (!handle) fail();
    if (ftruncate(handle.get(), static_cast<off_t>(bytes)) != 0) fail();
    if (lseek(handle.get(), 0, SEEK_END) < 0) fail();
    write_all(handle.get(), bytes_of(line), file);
    if (fsync(handle.get()) != 0) fail();
    return bytes + line.size();
}

HistoryTable read_history(const std::filesystem::path& file) {
    HistoryTable table;
    const auto text = read_text(file);
    const auto number = [](const Json& json) { return json.is_number() ? json.get<double>() : std::nan(""); };
    std::size_t begin = 0;
    while (begin < text.size()) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto json = parse_json(std::string_view(text).substr(begin, end - begin), file.string());
        begin = end + 1;
        const auto where = file.string();
        table.iteration.push_back(number(member(json, "iteration", where)));
        table.loss.push_back(number(member(json, "loss", where)));
        table.cross_entropy.push_back(number(member(json, "cross_entropy", where)));
        table.dice_loss.push_back(number(member(json, "dice_loss", where)));
        const auto& validation = member(json, "validation", where);
        table.mean_dice.push_back(validation.is_object() ? number(member(validation, "mean_dice", where))
                                                         : std::nan(""));
        if (!validation.is_object()) continue;
        const auto& dice = member(validation, "dice", where);
        if (table.class_names.empty())
            for (const auto& [name, value] : dice.items()) table.class_names.push_back(name);
        table.dice.resize(table.class_names.size());
        for (std::size_t i = 0; i < table.class_names.size(); ++i)
            table.dice[i].push_back(number(member(dice, table.class_names[i], where)));
    }
    return table;
}

}  // namespace cohort::learn
