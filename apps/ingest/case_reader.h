// One case: its files read once, hashed, decoded, checked and packed. Made by any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/ingest/ingest_parameters.h"
#include "core/memory_budget.h"
#include "formats/layouts/join_table.h"
#include "formats/layouts/layout.h"
#include "store/dataset_writer.h"

namespace cohort::ingest {

/// A channel as an array holds it.
struct ChannelPlace {
    std::string name, array;
    std::int64_t index = 0;  ///< along axis c; 0 without one
};

/// A case on its way through the pipeline.
struct CaseItem {
    layouts::Case one;
    Json values = Json::object();  ///< from the table
    MemoryBudget::Reservation memory;
};

/// What became of it.
struct CaseOutcome {
    std::unique_ptr<store::PackedSample> packed;  ///< null when set aside
    std::string fault_source;
    Quarantined fault;
    std::vector<store::SourceFile> files;    ///< read and hashed, set aside or not
    std::vector<std::int64_t> label_values;  ///< ascending
    std::vector<ChannelPlace> channels;
    std::vector<std::string> sources;  ///< all file names of the case
    std::uint64_t bytes = 0;           ///< of its files

    bool is_set_aside() const { return !fault.reason.empty(); }
    void set_aside(const std::string& source, Quarantined why);  ///< the first reason stays
};

struct ArrayToBe;

/// Thread-safe: everything it holds is read only.
class CaseReader {
public:
    CaseReader(const IngestParameters& parameters, const layouts::Listing& listing, const store::DatasetWriter& writer)
        : parameters_(parameters), listing_(listing), writer_(writer) {}

    /// Bytes that read() may hold at once, the packed sample included. Opens files only if a bound by their sizes (what
    /// deflate can expand to) exceeds `unworried`.
    std::uint64_t bytes_needed(const layouts::Case& one, std::uint64_t unworried) const;

    /// Errors are not the sample's fault (no memory, a bug); everything else is an outcome.
    CaseOutcome read(CaseItem& item) const;

private:
    std::filesystem::path root_of(const layouts::Source& source) const;
    std::vector<ArrayToBe> arrays_of(const layouts::Case& one) const;
    void read_files(std::vector<ArrayToBe>& arrays, CaseOutcome& outcome) const;
    /// One grid for all, and labels that are integers. A label is the last of `arrays`.
    static void check_together(const std::vector<ArrayToBe>& arrays, CaseOutcome& outcome);
    store::NewArray entry_of(ArrayToBe& array, std::vector<std::string> along_c) const;

    const IngestParameters& parameters_;
    const layouts::Listing& listing_;
    const store::DatasetWriter& writer_;
};

}  // namespace cohort::ingest
