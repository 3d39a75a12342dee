// What the driver asks of the disk: stored results, raw inputs, links. Small, so that tests keep a disk in memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "driver/executor.h"
#include "driver/result_log.h"

namespace cohort::driver {

/// A raw input as it stands now.
struct RawState {
    bool present = false;
    std::string digest;   ///< "sha256:…", or empty while nobody has read the files
    std::string listing;  ///< of paths, sizes and mtimes: stands in for the digest until that is known
};

/// A result that is whole and in the store.
struct Stored {
    std::string key, digest, kind;
    std::uint64_t sources = 0, quarantined = 0, skipped = 0;
    double wall_s = 0, cpu_s = 0;
    std::uint64_t peak_rss = 0;
    std::string numbers = "{}";
    bool logged = false;  ///< false: found in the store, unknown to the log (its driver was killed in between)
    std::map<std::string, std::string> raw;  ///< when not logged: raw digests that its manifest names
};

class Files {
public:
    virtual ~Files() = default;

    virtual std::optional<Stored> stored(const std::string& key) = 0;
    virtual bool has_shape(std::uint64_t shape) = 0;  ///< a result that differs in raw inputs only
    virtual std::optional<std::string> key_text(const std::string& key) = 0;  ///< of a result that is or was logged
    virtual void keep(const Result& result) = 0;                              ///< into the log
    /// Gives a result its final key; if one stands there already, that one stays.
    virtual void rename(const std::string& from, const std::string& to) = 0;
    virtual bool in_use(const std::string& key) = 0;  ///< a live process still writes this result
    virtual std::string artefact_path(const std::string& key) const = 0;

    /// Digest and kind of an artefact outside the store. Error(bad_input) if it is none.
    virtual std::pair<std::string, std::string> outside_artefact(const std::string& path) = 0;
    virtual RawState raw(const std::string& path) = 0;  ///< Error(bad_input) if it cannot be listed
    virtual std::string hash_raw(const std::string& path) = 0;
    /// Called when a job that read `paths` (by name of the raw input) has ended; what its result says about them may be
    /// remembered.
    virtual void learn_raw(const std::string& key, const std::map<std::string, std::string>& paths) = 0;

    virtual std::string linked(const std::string& job) = 0;  ///< the key a name stood for last; "" if none
    virtual void link(const std::string& job, const std::string& key) = 0;
};

}  // namespace cohort::driver
