// Where a sample's arrays go: one list of files to write per sample, for each format.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apps/export/export_parameters.h"
#include "core/quarantine.h"
#include "formats/nifti/nifti_writer.h"
#include "store/dataset.h"

namespace cohort::exporting {

/// One image to write.
struct Target {
    std::string stem;  ///< relative path without ending
    std::string array;
    std::optional<std::int64_t> channel;  ///< only this index of axis c
    bool as_3d = false;                   ///< a 2D image gets a z axis of length 1
    bool single_file = false;             ///< never as a .hdr/.img pair
    nifti::Packing packing = nifti::Packing::gzip;
    std::optional<Json> header;  ///< the source's record
};

using Targets = std::variant<std::vector<Target>, Quarantined>;

/// The sources' names and places: each array under the path that its header record keeps. An array that came from no
/// file (a prediction: its record is marked `grid_of`, or there is none) under the name of the image it lies on, else
/// of the sample's first source, without nnU-Net's folders and channel number, with the array's name behind it unless
/// it is the sample's only label.
Targets nifti_targets(const store::Sample& sample, const store::Dataset& dataset, const ExportParameters& parameters);

/// imagesTr/ID_0000.nii.gz … (imagesTs where there is no label), labelsTr/ID.nii.gz; channels in content.channels'
/// order. `unsupported` for a sample that nnU-Net cannot hold (a time axis, more than one label).
Targets nnunet_targets(const store::Sample& sample, const store::Dataset& dataset, const ExportParameters& parameters);

/// nnU-Net's dataset.json. `labelled`: samples in imagesTr.
Json nnunet_dataset_json(const Json& content, std::uint64_t labelled);

}  // namespace cohort::exporting
