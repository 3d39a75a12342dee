#include "measure/case_label.h"

#include "measure/point_distances.h"

namespace cohort::measure {

const Counts& CaseLabel::counts() {
    if (!counts_) counts_ = pair_.counts(target_);
    return *counts_;
}

Presence CaseLabel::presence() {
    const Counts& c = counts();
    if (c.n_ref() == 0) return c.n_pred() == 0 ? Presence::none : Presence::only_prediction;
    return c.n_pred() == 0 ? Presence::only_reference : Presence::both;
}

const BorderDistances& CaseLabel::borders(Connectivity connectivity) {
    if (const auto found = borders_.find(connectivity); found != borders_.end()) return found->second;
    const Mask ref = border_of(mask_of(pair_, target_, Side::reference), connectivity);
    const Mask pred = border_of(mask_of(pair_, target_, Side::prediction), connectivity);
    const Vec3& spacing = pair_.reference().spacing_mm;
    return borders_[connectivity] = {point_distances(ref, pred, spacing, threads_),
                                     point_distances(pred, ref, spacing, threads_)};
}

const BorderDistances& CaseLabel::framed_contours() {
    if (contours_) return *contours_;
    const Mask ref = border_of(mask_of(pair_, target_, Side::reference, Frame::object), Connectivity::full);
    const Mask pred = border_of(mask_of(pair_, target_, Side::prediction, Frame::object), Connectivity::full);
    const Vec3& spacing = pair_.reference().spacing_mm;
    contours_ =
        BorderDistances{point_distances(ref, pred, spacing, threads_), point_distances(pred, ref, spacing, threads_)};
    return *contours_;
}

const SurfelDistances& CaseLabel::surfels() {
    if (!surfels_) surfels_ = surfel_distances(pair_, target_, threads_);
    return *surfels_;
}

}  // namespace cohort::measure
