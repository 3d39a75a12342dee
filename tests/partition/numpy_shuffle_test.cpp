#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <catch2/catch.hpp>

#include "apps/partition/numpy_shuffle.h"
#include "core/files.h"
#include "core/json.h"
#include "tests/partition/made_dataset.h"

using namespace cohort;
using namespace cohort::partition;

TEST_CASE("the shuffle of ten is the one NumPy documents by running it") {
    // numpy 1.24.2: RandomState(12345).shuffle(arange(10))
    const std::vector<std::uint32_t> expected{0, 7, 3, 9, 6, 4, 1, 8, 5, 2};
    CHECK(numpy_shuffled(10, 12345) == expected);
}

TEST_CASE("folds equal scikit-learn's KFold(5, shuffle, 12345) for every n from 5 to 600") {
    const TemporaryFolder folder;
    const auto out = folder.path / "kfold.json";
    const auto script = folder.path / "oracle.py";
    write_file_atomically(script, std::string_view(R"(
import json, sys
import numpy as np
from sklearn.model_selection import KFold
folds = {str(n): [v.tolist() for _, v in KFold(5, shuffle=True, random_state=12345).split(np.zeros(n))]
         for n in list(range(5, 601)) + [20000]}
json.dump(folds, open(sys.argv[1], "w"))
)"));
    const auto command = "/usr/bin/python3 '" + script.string() + "' '" + out.string() + "' 2>/dev/null";
    if (std::system(command.c_str()) != 0) {
        std::cout << "skipped: python3-sklearn not present (nnU-Net folds oracle)\n";
        return;
    }
    const auto oracle = read_json(out);
    REQUIRE(oracle.size() == 597);
    for (const auto& [n, folds] : oracle.items()) {
        INFO("n = " << n);
        const auto ours = sklearn_kfold(static_cast<std::uint32_t>(std::stoul(n)), 5, 12345);
        REQUIRE(folds.get<std::vector<std::vector<std::uint32_t>>>() == ours);
    }
}
