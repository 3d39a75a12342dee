// Samples and their copies in the order in which a dataset is written: by id as bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/sample.h"

namespace cohort::augmentation {

/// "ID_aug-N".
std::string copy_id(const std::string& id, std::uint64_t number);

/// One sample that will stand in the output: the original (number 0) or a copy.
struct Wanted {
    std::shared_ptr<const store::Sample> original;
    std::uint64_t number = 0;
    std::string id;
    bool is_last = false;  ///< of its original: with it all of this original's have been handed out
};

/// Streams them. Ids of copies lie among other originals' ids ("a", "a.b", "a_aug-1"), so copies wait until the next
/// original's id is past theirs; nothing else is kept.
class CopyOrder {
public:
    using Next = std::function<std::optional<store::Sample>()>;
    CopyOrder(Next originals, std::uint64_t copies, bool keeps_originals);

    /// Error(bad_input) where a copy would have the id of an original that is kept.
    std::optional<Wanted> next();

private:
    void admit();

    Next originals_;
    std::uint64_t copies_;
    bool keeps_originals_;
    std::shared_ptr<const store::Sample> ahead_;  ///< the next original, not yet admitted; null at the end
    std::vector<Wanted> waiting_;                 ///< a heap, the least id on top
};

}  // namespace cohort::augmentation
