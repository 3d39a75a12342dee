#include "apps/augment/copy_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "core/error.h"

using namespace cohort;
using namespace cohort::augmentation;

namespace {

std::vector<std::string> ids_of(std::vector<std::string> originals, std::uint64_t copies, bool keeps) {
    std::sort(originals.begin(), originals.end());
    std::size_t next = 0;
    CopyOrder order(
        [&]() -> std::optional<store::Sample> {
            if (next == originals.size()) return std::nullopt;
            store::Sample sample;
            sample.id = originals[next++];
            return sample;
        },
        copies, keeps);
    std::vector<std::string> ids;
    while (const auto wanted = order.next()) {
        CHECK(wanted->id ==
              (wanted->number == 0 ? wanted->original->id : copy_id(wanted->original->id, wanted->number)));
        ids.push_back(wanted->id);
    }
    return ids;
}

}  // namespace

TEST_CASE("samples and copies come in the order of their ids, whatever the ids are") {
    for (const std::uint64_t copies : {1u, 3u, 11u})
        for (const bool keeps : {true, false}) {
            const std::vector<std::string> originals{"a",   "a.b", "a_", "a_a", "a_aug", "a_aug-",
                                                     "a_b", "a~",  "aa", "b",   "a%20",  "a-1"};
            const auto ids = ids_of(originals, copies, keeps);
            CHECK(std::is_sorted(ids.begin(), ids.end()));
            CHECK(std::set<std::string>(ids.begin(), ids.end()).size() ==
                  originals.size() * (copies + (keeps ? 1 : 0)));
        }
    CHECK(ids_of({}, 2, true).empty());
}

TEST_CASE("a copy that would take an original's name is refused, unless the originals are left out") {
    CHECK_THROWS_AS(ids_of({"a", "a_aug-2", "b"}, 2, true), Error);
    CHECK(ids_of({"a", "a_aug-2", "b"}, 1, true).size() == 6);
    CHECK(ids_of({"a", "a_aug-2", "b"}, 2, false).size() == 6);
}
