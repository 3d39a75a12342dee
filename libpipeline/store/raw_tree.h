// Raw inputs: the digest of a file or folder that is no artefact of ours, and the cheap listing that stands in for it
// until it is known.
#pragma once

#include <filesystem>
#include <vector>

#include "core/files.h"
#include "store/sample.h"

namespace cohort::store {

/// Over every regular file under the path: canonical list of [path, bytes, sha256], sorted by path. A single file
/// counts under its own file name. Equal trees in other places have equal digests. `input` does not count.
Digest raw_digest(std::vector<SourceFile> files);

/// Regular files of a raw input in byte order of their paths; a single file is a list of one, under its own name.
/// Error(bad_input) when there is nothing at `path` or it cannot be read; Error(stopped) when `stop` says so.
std::vector<TreeEntry> list_raw(const std::filesystem::path& path, const StopAsked& stop = {});
/// The file behind an entry of list_raw(path).
std::filesystem::path file_of(const std::filesystem::path& path, const TreeEntry& entry);
/// A name as it may stand in JSON: as it is, or with the bytes that are no UTF-8 as %XX.
std::string json_name(std::string_view name);

/// Reads and hashes the whole tree by itself; files in `known` (same path and size) are not read again. When `stop`
/// says so, it ends between two files, listed or read, with Error(stopped).
std::vector<SourceFile> hash_raw_tree(const std::filesystem::path& path, unsigned threads,
                                      const std::vector<SourceFile>& known = {}, const StopAsked& stop = {});

/// Over paths, sizes and mtimes only: no file is opened. Errors as list_raw.
Digest listing_digest(const std::filesystem::path& path, const StopAsked& stop = {});

/// One line {bytes, path, sha256} a file, and `input` where there is more than one raw input.
std::vector<SourceFile> read_sources(const std::filesystem::path& sources_jsonl);
void write_sources(const std::filesystem::path& sources_jsonl,
                   std::vector<SourceFile> files);  ///< sorted by input and path

}  // namespace cohort::store
