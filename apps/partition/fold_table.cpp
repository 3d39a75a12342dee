#include "apps/partition/fold_table.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/files.h"

namespace cohort::partition {
namespace {

struct Record {
    std::size_t line = 0;  ///< where it begins, from 1
    std::vector<std::string> fields;
};

/// Cuts text into records; a quoted field may hold separators, line ends and doubled quotes.
class RecordReader {
public:
    RecordReader(std::string_view text, const std::string& name) : text_(text), name_(name) {
        if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
        separator_ = text_.substr(0, text_.find('\n')).find('\t') == std::string_view::npos ? ',' : '\t';
    }

    /// Nothing at the end. Blank lines are skipped.
    bool next(Record& record) {
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) step();
        if (at_ >= text_.size()) return false;
        record = {line_, {}};
        do record.fields.push_back(field());
        while (take(separator_));
        take('\r');
        if (at_ < text_.size() && !take('\n'))
            throw Error(Exit::bad_input,
                        place(line_) + ": a quoted field goes on after its quote; quote the whole field.");
        return true;
    }
    std::string place(std::size_t line) const { return name_ + ", line " + std::to_string(line); }

private:
    void step() { line_ += text_[at_++] == '\n'; }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        step();
        return true;
    }
    std::string field() {
        if (at_ < text_.size() && text_[at_] == '"') return quoted();
        const auto start = at_;
        while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
        return trimmed(text_.substr(start, at_ - start));
    }
    std::string quoted() {
        const auto begins = line_;
        std::string value;
        for (step(); at_ < text_.size(); step()) {
            if (text_[at_] == '"') {
                if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
                    step();
                    return value;
                }
                step();
            }
            value += text_[at_];
        }
        throw Error(Exit::bad_input, place(begins) + ": a quote is opened and never closed.");
    }
    static std::string trimmed(std::string_view text) {
        const auto first = text.find_first_not_of(" \t");
        if (first == std::string_view::npos) return {};
        return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
    }

    std::string_view text_;
    std::string name_;
    char separator_ = ',';
    std::size_t at_ = 0, line_ = 1;
};

std::size_t column(const std::vector<std::string>& header, const std::string& wanted, const std::string& name) {
    const auto place = std::find(header.begin(), header.end(), wanted);
    if (place != header.end()) return static_cast<std::size_t>(place - header.begin());
    throw Error(Exit::usage, name + ": the table has no column '" + wanted + "'. " + did_you_mean(wanted, header) +
                                 "A table of folds has the columns id and fold.");
}

}  // namespace

std::vector<FoldRow> parse_fold_table(std::string_view text, const std::string& name) {
    RecordReader reader(text, name);
    Record record;
    if (!reader.next(record)) throw Error(Exit::bad_input, name + ": the table is empty.");
    const auto header = record.fields;
    const auto id = column(header, "id", name), fold = column(header, "fold", name);
    std::vector<FoldRow> rows;
    std::set<std::string> seen;
    while (reader.next(record)) {
        if (record.fields.size() != header.size())
            throw Error(Exit::bad_input, reader.place(record.line) + ": " + std::to_string(record.fields.size()) +
                                             " fields, the header has " + std::to_string(header.size()) + ".");
        const FoldRow row{record.fields[id], record.fields[fold]};
        if (row.id.empty() || row.fold.empty())
            throw Error(Exit::bad_input, reader.place(record.line) +
                                             ": id or fold is empty; leave out lines of "
                                             "samples that are in no fold.");
        if (!seen.insert(row.id).second)
            throw Error(Exit::bad_input, reader.place(record.line) + ": the id '" + printable(row.id) +
                                             "' is listed a second time; list it once.");
        rows.push_back(row);
    }
    if (rows.empty()) throw Error(Exit::bad_input, name + ": the table lists no id.");
    return rows;
}

std::vector<FoldRow> read_fold_table(const std::filesystem::path& file) {
    return parse_fold_table(read_text(file), printable(file.string()));
}

}  // namespace cohort::partition
