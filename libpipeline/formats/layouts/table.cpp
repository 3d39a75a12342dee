#include "formats/layouts/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/files.h"

namespace cohort::layouts {

namespace {

Error fault(std::string_view name, std::size_t line, const std::string& what) {
    return Error(Exit::bad_input, printable(name) + " line " + std::to_string(line) + ": " + what);
}

/// Reads one record after the other.
class RecordReader {
public:
    RecordReader(std::string_view text, char separator, std::string_view name)
        : text_(text), separator_(separator), name_(name) {}

    /// Nothing at the end. `line()` then is the record's first line.
    std::optional<std::vector<std::string>> next() {
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) step();
        if (at_ >= text_.size()) return std::nullopt;
        first_line_ = line_;
        std::vector<std::string> cells;
        for (;;) {
            cells.push_back(text_[at_] == '"' ? quoted() : plain());
            if (at_ >= text_.size() || text_[at_] == '\n') break;
            step();  // the separator
            if (at_ >= text_.size()) {
                cells.emplace_back();
                break;
            }
        }
        if (at_ < text_.size()) step();
        return cells;
    }
    std::size_t line() const { return first_line_; }

private:
    void step() {
        if (text_[at_] == '\n') ++line_;
        ++at_;
    }
    bool at_line_end() const {
        return at_ >= text_.size() || text_[at_] == '\n' ||
               (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ||
               (text_[at_] == '\r' && at_ + 1 == text_.size());
    }
    void skip_return() {
        if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    }
    std::string plain() {
        std::string cell;
        while (!at_line_end() && text_[at_] != separator_) {
            if (text_[at_] == '"')
                throw fault(
                    name_, line_,
                    "a quote stands inside a field that does not begin with one; double it and quote the field.");
            cell += text_[at_];
            step();
        }
        if (at_line_end()) skip_return();
        return cell;
    }
    std::string quoted() {
        const auto begun = line_;
        std::string cell;
        step();
        for (;;) {
            if (at_ >= text_.size()) throw fault(name_, begun, "a quote is not closed.");
            if (text_[at_] == '"') {
                step();
                if (at_ >= text_.size() || text_[at_] != '"') break;
            }
            cell += text_[at_];
            step();
        }
        if (!at_line_end() && text_[at_] != separator_)
            throw fault(name_, line_, "text follows a closing quote; double quotes inside a field.");
        if (at_line_end()) skip_return();
        return cell;
    }

    std::string_view text_;
    char separator_;
    std::string_view name_;
    std::size_t at_ = 0, line_ = 1, first_line_ = 1;
};

bool is_missing_cell(std::string_view cell) {
    static constexpr std::array<std::string_view, 8> words{"", "n/a", "N/A", "NA", "NaN", "nan", "null", "NULL"};
    return std::find(words.begin(), words.end(), cell) != words.end();
}

/// A number as people write numbers: no leading zeros ("007" is a name), nothing before or after.
std::optional<double> plain_number(std::string_view cell) {
    const auto digits = cell.substr(cell.starts_with('-') ? 1 : 0);
    if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
    if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

Json number(double value) {
    if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
    return value;
}

bool is_key_name(std::string_view column) {
    return column == "id" || column == "subject" || column == "participant_id" || column == "session";
}

/// Length of the UTF-8 sequence at the beginning of `text`; 0 if there is none (RFC 3629, NUL excluded too).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first == 0) return 0;
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                               : first >= 0xE0 && first <= 0xEF ? 3
                               : first >= 0xF0 && first <= 0xF4 ? 4
                                                                : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool surrogate = first == 0xED && byte(1) > 0x9F, beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

std::optional<std::size_t> first_bad_line(std::string_view text) {
    std::size_t line = 1;
    for (std::size_t at = 0; at < text.size();) {
        const auto length = utf8_length(text.substr(at));
        if (length == 0) return line;
        if (text[at] == '\n') ++line;
        at += length;
    }
    return std::nullopt;
}

std::string trimmed(const std::string& cell) {
    const auto begin = cell.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    return cell.substr(begin, cell.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

Table parse_table(std::string_view text, char separator, std::string_view name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    RecordReader reader(text, separator, name);
    Table table;
    auto header = reader.next();
    if (!header)
        throw Error(Exit::bad_input, printable(name) + ": the table is empty; it needs a line of column names.");
    std::set<std::string> seen;
    for (auto& column : *header) {
        table.columns.push_back(trimmed(column));
        if (table.columns.back().empty()) throw fault(name, reader.line(), "a column has no name.");
        if (!seen.insert(table.columns.back()).second)
            throw fault(name, reader.line(), "the column " + printable(table.columns.back()) + " occurs twice.");
    }
    while (auto cells = reader.next()) {
        if (cells->size() != table.columns.size())
            throw fault(name, reader.line(),
                        "it has " + std::to_string(cells->size()) + " fields where the header has " +
                            std::to_string(table.columns.size()) + ".");
        for (auto& cell : *cells) cell = trimmed(cell);
        table.rows.push_back(std::move(*cells));
        table.lines.push_back(reader.line());
    }
    return table;
}

Table read_table(const std::filesystem::path& file) {
    const auto name = file.filename().string();
    const bool tabs = name.ends_with(".tsv") || name.ends_with(".tab");
    const auto text = read_text(file, std::uint64_t{1} << 30);
    if (const auto line = first_bad_line(text))
        throw fault(name, *line, "the text is not UTF-8; save the table as UTF-8.");
    return parse_table(text, tabs ? '\t' : ',', name);
}

JoinTable::JoinTable(const Table& table, std::string_view name) {
    const auto index = [&](std::string_view column) -> std::optional<std::size_t> {
        const auto found = std::find(table.columns.begin(), table.columns.end(), column);
        return found == table.columns.end() ? std::nullopt
                                            : std::optional(static_cast<std::size_t>(found - table.columns.begin()));
    };
    std::optional<std::size_t> key;
    for (const char* column : {"id", "subject", "participant_id"})
        if (!key && (key = index(column))) key_column_ = column;
    if (!key)
        throw Error(Exit::usage,
                    printable(name) + ": the table has no column id, subject or participant_id to join it by.");
    const auto subject = index("subject"), session = index("session");
    by_session_ = key_column_ != "id" && session.has_value();

    std::vector<bool> numeric(table.columns.size());
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        numeric[c] = !is_key_name(table.columns[c]) &&
                     std::all_of(table.rows.begin(), table.rows.end(),
                                 [&](const auto& row) { return is_missing_cell(row[c]) || plain_number(row[c]); });
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        const auto& cells = table.rows[r];
        if (is_missing_cell(cells[*key])) throw fault(name, table.lines[r], "the column " + key_column_ + " is empty.");
        Entry entry;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            if (is_key_name(table.columns[c]) || is_missing_cell(cells[c])) continue;
            entry.row.values[table.columns[c]] = numeric[c] ? number(*plain_number(cells[c])) : Json(cells[c]);
        }
        if (subject && !is_missing_cell(cells[*subject])) entry.row.subject = cells[*subject];
        if (session && !is_missing_cell(cells[*session])) entry.row.session = cells[*session];
        const auto place = std::pair(cells[*key], by_session_ ? entry.row.session.value_or("") : std::string{});
        if (!rows_.emplace(place, std::move(entry)).second)
            throw fault(name, table.lines[r],
                        "the " + key_column_ + " " + printable(place.first) +
                            (place.second.empty() ? "" : " with session " + printable(place.second)) +
                            " occurs twice.");
    }
}

const Row* JoinTable::find(const std::string& id, const std::string& subject, const std::string& session) {
    const std::string& key = key_column_ == "id" ? id : subject;
    auto found = rows_.find({key, by_session_ ? session : std::string{}});
    // A row without session speaks for all of the subject's sessions.
    if (found == rows_.end() && by_session_) found = rows_.find({key, std::string{}});
    if (found == rows_.end()) return nullptr;
    found->second.used = true;
    return &found->second.row;
}

std::vector<std::string> JoinTable::unused() const {
    std::vector<std::string> keys;
    for (const auto& [key, entry] : rows_)
        if (!entry.used) keys.push_back(key.first + (key.second.empty() ? "" : "/" + key.second));
    return keys;
}

}  // namespace cohort::layouts
