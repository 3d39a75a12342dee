// Where the real data lies, and reading of a file with its partner, for the tests of formats.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "core/files.h"
#include "core/image.h"
#include "formats/registry.h"
#include "tests/core/temporary_folder.h"

namespace test_data {

namespace fs = std::filesystem;

/// COHORT_TEST_DATA, else ../shared/data beside the checkout; prints what is skipped when it is not there.
inline std::optional<fs::path> folder(const std::string& name) {
    const auto set = [](const char* variable) {
        const char* v = std::getenv(variable);
        return std::string(v ? v : "");
    };
    const fs::path root = !set("COHORT_TEST_DATA").empty() ? fs::path(set("COHORT_TEST_DATA"))
                                                           : fs::path(set("COHORT_SOURCE")) / "../shared/data";
    if (fs::exists(root / name)) return root / name;
    std::cout << "skipped: data not present (" << name << ")\n";
    return std::nullopt;
}

/// Reads an image; for a pair, `file` may name either of the two.
inline cohort::ReadImage read(fs::path file, const cohort::ReadOptions& options = {}) {
    std::string name = file.filename().string();
    for (const std::string gz : {"", ".gz"})
        if (name.ends_with(".img" + gz)) name = name.substr(0, name.size() - 4 - gz.size()) + ".hdr" + gz;
    file.replace_filename(name);
    std::optional<cohort::Bytes> second;
    for (const std::string gz : {"", ".gz"})
        if (name.ends_with(".hdr" + gz)) {
            const auto voxels = file.parent_path() / (name.substr(0, name.size() - 4 - gz.size()) + ".img" + gz);
            if (fs::exists(voxels)) second = cohort::read_file(voxels);
        }
    const auto bytes = cohort::read_file(file);
    return cohort::formats::read_image(
        name, bytes, second ? std::optional<std::span<const std::byte>>(*second) : std::nullopt, options);
}

}  // namespace test_data
