#include "core/csv.h"

#include <algorithm>
#include <set>

#include "core/checked_math.h"
#include "core/files.h"

namespace cohort {
namespace {

Error fault_at(std::string_view name, std::size_t line, const std::string& what) {
    return Error(Exit::bad_input, printable(name) + " line " + std::to_string(line) + ": " + what);
}

std::string trimmed(std::string_view cell) {
    const auto begin = cell.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return std::string(cell.substr(begin, cell.find_last_not_of(" \t") - begin + 1));
}

/// Reads one record after the other.
class RecordReader {
public:
    RecordReader(std::string_view text, char separator, std::string_view name, std::size_t most_cells)
        : text_(text), separator_(separator), name_(name), cells_left_(most_cells) {}

    /// Nothing at the end. `line()` then is the record's first line.
    std::optional<std::vector<std::string>> next() {
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) step();
        if (at_ >= text_.size()) return std::nullopt;
        first_line_ = line_;
        std::vector<std::string> cells;
        do add_cell(cells);
        while (take_separator());
        if (at_ < text_.size() && text_[at_] == '\r') step();
        if (at_ < text_.size()) step();  // the line end
        return cells;
    }
    std::size_t line() const { return first_line_; }

private:
    void step() {
        if (text_[at_] == '\n') ++line_;
        ++at_;
    }
    bool at_line_end() const {
        if (at_ >= text_.size() || text_[at_] == '\n') return true;
        return text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n');
    }
    bool take_separator() {
        if (at_ >= text_.size() || text_[at_] != separator_) return false;
        step();
        return true;
    }
    void add_cell(std::vector<std::string>& cells) {
        if (cells_left_ == 0) throw fault_at(name_, line_, "the table has more cells than are read here; split it.");
        --cells_left_;
        cells.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
    }
    std::string plain() {
        const auto begin = at_;
        while (!at_line_end() && text_[at_] != separator_) {
            if (text_[at_] == '"')
                throw fault_at(
                    name_, line_,
                    "a quote stands inside a field that does not begin with one; double it and quote the field.");
            step();
        }
        return trimmed(text_.substr(begin, at_ - begin));
    }
    std::string quoted() {
        const auto begun = line_;
        std::string cell;
        step();
        for (;;) {
            if (at_ >= text_.size()) throw fault_at(name_, begun, "a quote is not closed.");
            if (text_[at_] == '"') {
                step();
                if (at_ >= text_.size() || text_[at_] != '"') break;
            }
            cell += text_[at_];
            step();
        }
        if (!at_line_end() && text_[at_] != separator_)
            throw fault_at(name_, line_, "text follows a closing quote; double quotes inside a field.");
        return cell;
    }

    std::string_view text_;
    char separator_;
    std::string_view name_;
    std::size_t cells_left_;
    std::size_t at_ = 0, line_ = 1, first_line_ = 1;
};

char separator_of(std::string_view text, std::string_view name) {
    const auto header = text.substr(0, text.find('\n'));
    const bool tabs = header.find('\t') != std::string_view::npos, commas = header.find(',') != std::string_view::npos;
    if (tabs != commas) return tabs ? '\t' : ',';
    return name.ends_with(".tsv") || name.ends_with(".tab") ? '\t' : ',';
}

void check_is_text(std::string_view text, std::string_view name) {
    std::size_t line = 1;
    for (std::size_t at = 0; at < text.size();) {
        const auto length = text[at] == '\0' ? 0 : utf8_length(text.substr(at));
        if (length == 0) throw fault_at(name, line, "the text is not UTF-8; save the table as UTF-8.");
        if (text[at] == '\n') ++line;
        at += length;
    }
}

std::vector<std::string> header_of(RecordReader& reader, std::string_view name) {
    auto header = reader.next();
    if (!header)
        throw Error(Exit::bad_input, printable(name) + ": the table is empty; it needs a line of column names.");
    std::set<std::string_view> seen;
    for (const auto& column : *header) {
        if (column.empty()) throw fault_at(name, reader.line(), "a column has no name.");
        if (!seen.insert(column).second)
            throw fault_at(name, reader.line(), "the column " + printable(column) + " occurs twice.");
    }
    return std::move(*header);
}

}  // namespace

std::optional<std::size_t> CsvTable::column(std::string_view wanted) const {
    const auto found = std::find(columns.begin(), columns.end(), wanted);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
}

Error CsvTable::fault(std::size_t row, const std::string& what) const { return fault_at(name, lines.at(row), what); }

CsvTable parse_csv(std::string_view text, std::string_view name, const CsvLimits& limits) {
    if (text.size() > limits.bytes)
        throw Error(Exit::bad_input, printable(name) + ": the table holds " + human_bytes(text.size()) +
                                         ", more than the " + human_bytes(limits.bytes) + " that are read here.");
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    check_is_text(text, name);
    RecordReader reader(text, separator_of(text, name), name, limits.cells);
    CsvTable table;
    table.name = name;
    table.columns = header_of(reader, name);
    while (auto cells = reader.next()) {
        if (cells->size() != table.columns.size())
            throw fault_at(name, reader.line(),
                           "it has " + std::to_string(cells->size()) + " fields where the header has " +
                               std::to_string(table.columns.size()) + ".");
        table.rows.push_back(std::move(*cells));
        table.lines.push_back(reader.line());
    }
    return table;
}

CsvTable read_csv(const std::filesystem::path& file, const CsvLimits& limits) {
    return parse_csv(read_text(file, limits.bytes), file.string(), limits);
}

std::string csv_field(std::string_view text) {
    // Blanks at the ends would be taken for padding by the reader.
    const bool plain = text.find_first_of(",\t\"\r\n") == std::string_view::npos && trimmed(text) == text;
    if (plain) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += c;
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace cohort
