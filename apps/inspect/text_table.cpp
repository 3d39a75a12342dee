#include "apps/inspect/text_table.h"

#include <algorithm>

#include "core/files.h"

namespace cohort::inspect {
namespace {

std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t most) {
    std::vector<std::size_t> widths;
    const std::size_t shown = std::min(rows.size(), most);
    for (std::size_t r = 0; r < shown; ++r)
        for (std::size_t i = 0; i < rows[r].size(); ++i) {
            if (i == widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], width_of(rows[r][i]));
        }
    std::string out;
    for (std::size_t r = 0; r < shown; ++r) {
        std::string line = "  ";
        for (std::size_t i = 0; i < rows[r].size(); ++i)
            line += rows[r][i] + std::string(widths[i] - width_of(rows[r][i]) + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    if (rows.size() > most) out += "  … and " + std::to_string(rows.size() - most) + " more\n";
    return out;
}

std::string plain(const Json& value) {
    if (value.is_null()) return "–";
    if (value.is_string()) return printable(value.get_ref<const std::string&>());
    return canonical_json(value);
}

}  // namespace cohort::inspect
