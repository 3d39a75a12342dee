// Raw inputs: the digest of a file or folder that is no artefact of ours, and the cheap listing that stands in for it
// until it is known.
#pragma once

#include <filesystem>
#include <vector>

#include "core/files.h"
#include "store/sample.h"

namespace cohort::store {

/// Over every regular file under the path: canonical list of [path, bytes, sha256]. A single file counts under its own
/// file name. Equal trees in other places have equal digests.
Digest raw_digest(std::vector<SourceFile> files);

/// Reads and hashes the whole tree by itself.
std::vector<SourceFile> hash_raw_tree(const std::filesystem::path& path, unsigned threads);

/// Over paths, sizes and mtimes only: no file is opened.
Digest listing_digest(const std::filesystem::path& path);

std::vector<SourceFile> read_sources(const std::filesystem::path& sources_jsonl);
void write_sources(const std::filesystem::path& sources_jsonl, std::vector<SourceFile> files);  ///< sorted by path

}  // namespace cohort::store
