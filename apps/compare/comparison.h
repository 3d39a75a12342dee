// What was compared, and where the two differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/volume.h"

namespace cohort::compare {

/// When two numbers are equal: they differ by no more than `absolute`, or by no more than `relative` times the larger
/// magnitude. NaN equals NaN, −0 equals 0, an infinity itself.
struct Tolerance {
    double absolute = 0;
    double relative = 0;
    bool equal(double a, double b) const;
    bool allows(double difference, double larger) const;
};

/// One place where the two differ, as a sentence without its place.
struct Difference {
    std::string where;  ///< "sample sub-01, array label", "summary.json /labels/0"
    std::string what;   ///< "3 of 64 voxels differ; first at (0, 1, 2): 1 and 2; worst at …"
};

/// Not thread-safe: results are added in order.
class Comparison {
public:
    explicit Comparison(Tolerance tolerance) : tolerance_(tolerance) {}
    const Tolerance& tolerance() const { return tolerance_; }

    void differ(std::string where, std::string what);
    void count_array() { ++arrays_; }
    void count_member() { ++members_; }

    bool equal() const { return count_ == 0; }
    std::uint64_t count() const { return count_; }
    std::uint64_t arrays() const { return arrays_; }
    std::uint64_t members() const { return members_; }
    const std::vector<Difference>& differences() const { return differences_; }  ///< the first 1,000,000

    /// Two JSON values; differing leaves are named by their pointer below `where`. Numbers within the tolerance are
    /// equal. At most ten leaves of one document are named, the rest counted.
    void json(const std::string& where, const Json& a, const Json& b);
    /// Text line by line; lines that are JSON are compared as JSON, others cell by cell (commas), numbers within the
    /// tolerance.
    enum class Lines { json, cells };
    void lines(const std::string& where, const std::string& a, const std::string& b, Lines kind);

private:
    Tolerance tolerance_;
    std::vector<Difference> differences_;
    std::uint64_t count_ = 0, arrays_ = 0, members_ = 0;
};

/// What differs between two arrays, as a sentence; empty when they are equal within the tolerance. Type, shape and axes
/// must agree; values are compared after their scale.
std::string volume_difference(const Volume& a, const Scale& scale_a, const Volume& b, const Scale& scale_b,
                              const Tolerance& tolerance);

}  // namespace cohort::compare
