// The work folder on disk.
//
//     lock                          flock'ed by the one driver that works here
//     results.log, hashes.log       result_log.h, raw_memo.h
//     store/KEY/                    results, whole or absent; store/.KEY.partial while a step writes
//     runs/PIPELINE/JOB             links to ../../store/KEY
//     runs/PIPELINE/outputs/NAME    links to ../../../store/KEY, or folders of such links
//     runs/PIPELINE/run-summary.json, journal
//     logs/PIPELINE/JOB.log         what a job's program said
//     jobs/KEY.json, KEY.record     a running job's parameters, and the record of its end
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/files.h"
#include "driver/clock.h"
#include "driver/files.h"
#include "driver/raw_memo.h"
#include "driver/result_log.h"

namespace cohort::driver {

/// `--work` if given, else $COHORT_WORK, else .cohort in the working directory; absolute.
std::filesystem::path work_folder_path(const std::string& given);

/// Takes the folder's lock, making the folder if need be. Error(output), naming the holder, if another driver has it.
FileLock lock_work_folder(const std::filesystem::path& root);
/// The holder's note if a live driver works there, else nothing.
std::optional<std::string> live_driver(const std::filesystem::path& root);

class WorkFolder final : public Files {
public:
    enum class Access { read, write };

    /// With Access::read nothing on disk is changed: keep, rename and link do nothing. `stop` is asked while raw trees
    /// are listed and read, which may take long; when it says so, Error(stopped) is thrown and what was read is
    /// remembered.
    WorkFolder(std::filesystem::path root, std::string pipeline, Access access, const Clock& clock, unsigned threads,
               StopAsked stop);

    std::filesystem::path store() const { return root_ / "store"; }
    std::filesystem::path run_folder() const { return root_ / "runs" / pipeline_; }
    std::filesystem::path log_folder() const { return root_ / "logs" / pipeline_; }
    std::filesystem::path job_folder() const { return root_ / "jobs"; }
    std::filesystem::path place_of(const std::string& key) const { return store() / key; }
    /// Where a result is made again beside the standing one (--force): a step that finds an equal one does nothing.
    std::filesystem::path place_again(const std::string& key) const { return store() / (key + ".again"); }

    std::optional<Stored> stored(const std::string& key) override;
    bool has_shape(std::uint64_t shape) override { return log_.has_shape(shape); }
    std::optional<std::string> key_text(const std::string& key) override;
    void keep(const Result& result) override;
    void rename(const std::string& from, const std::string& to) override;
    bool in_use(const std::string& key) override;
    std::string artefact_path(const std::string& key) const override { return place_of(key).string(); }
    std::pair<std::string, std::string> outside_artefact(const std::string& path) override;
    RawState raw(const std::string& path) override;
    std::string hash_raw(const std::string& path) override;
    void learn_raw(const std::string& key, const std::map<std::string, std::string>& paths) override;
    std::string linked(const std::string& job) override;
    void link(const std::string& job, const std::string& key) override;

    /// Links an output: one key as a link, many as a folder of links by job name.
    void link_output(const std::string& name, const std::vector<std::pair<std::string, std::string>>& keys_by_job,
                     bool many);

    /// Removes an output's link, or its folder of links; nothing if there is none.
    void unlink_output(const std::string& name);
    /// Removes the links of jobs and outputs with other names than these.
    void unlink_all_but(const std::unordered_set<std::string>& jobs, const std::unordered_set<std::string>& outputs);

    /// Saves the memo of raw files and compacts the log if much of it no longer counts.
    void close();

    ResultLog& log() { return log_; }

private:
    struct Listing {
        std::vector<TreeEntry> entries;
        std::int64_t listed_ns = 0;
    };
    void list_store();
    bool is_in_store(const std::string& key);
    Listing& listing(const std::string& path);
    void set_link(const std::filesystem::path& link, const std::string& target);

    std::filesystem::path root_;
    std::string pipeline_;
    bool writable_;
    const Clock& clock_;
    unsigned threads_;
    StopAsked stop_;
    ResultLog log_;
    RawMemo memo_;
    std::unordered_set<std::string> in_store_;
    bool store_listed_ = false;
    std::unordered_map<std::string, Listing> listings_;
    std::string run_prefix_;  // runs/PIPELINE/ as text: 20,000 paths are put together with it
};

/// What an artefact's manifest says, as a runner reports it; nothing if there is no whole artefact at `place`.
std::optional<Made> made_at(const std::filesystem::path& place);

/// Puts a whole folder in the place of another one, which is removed; at every moment one of them stands there where
/// the file system can exchange names.
void exchange_whole(const std::filesystem::path& fresh, const std::filesystem::path& place);

/// Removes a folder so that no half of it is ever seen under its name.
void remove_whole(const std::filesystem::path& folder);

}  // namespace cohort::driver
