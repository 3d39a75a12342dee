// Volumes and datasets for tests.
#pragma once

#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>

#include "core/files.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"
#include "tests/core/temporary_folder.h"

namespace shard_test {

using namespace cohort;
using namespace cohort::store;

inline std::vector<Axis> axes_of(std::size_t count) {
    static const std::vector<std::string> names{"x", "y", "z", "t", "echo", "c", "d7"};
    std::vector<Axis> axes;
    for (std::size_t i = 0; i < count; ++i) axes.push_back({names[i]});
    return axes;
}

/// `bits` of noise over a ramp; floats and complex ones hold any bits, NaN payloads included, where bits is 64.
inline Volume random_volume(VoxelType type, const Shape& shape, std::mt19937_64& random, unsigned bits) {
    Volume volume(type, shape, axes_of(shape.size()));
    visit(volume, [&]<class T>(std::span<T> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::uint64_t noise = bits == 0 ? 0 : random() >> (64 - bits);
            if constexpr (std::is_same_v<T, BoolVoxel>) values[i] = noise & 1 ? BoolVoxel::yes : BoolVoxel::no;
            else if constexpr (std::is_integral_v<T>) values[i] = static_cast<T>(noise + i / 64);
            else if (bits == 64) {
                std::uint64_t words[2] = {noise, random()};
                std::memcpy(&values[i], words, sizeof(T));
            } else if constexpr (std::is_floating_point_v<T>) values[i] = static_cast<T>(noise) / T{3};
            else values[i] = T(static_cast<float>(noise) / 3.0f, static_cast<float>(i));
        }
    });
    return volume;
}

inline bool equal(const Volume& a, const Volume& b) {
    return a.type() == b.type() && a.shape() == b.shape() && std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

/// Makes the folder a whole artefact.
inline void publish(const std::filesystem::path& folder) {
    Manifest manifest;
    manifest.kind = "dataset";
    manifest.made_by.step = "test";
    manifest.made_by.version = "0";
    manifest.members = hashed_members(folder, 1);
    manifest.digest = content_digest(manifest, manifest.members);
    write_file_atomically(folder / "manifest.json", canonical_json(to_json(manifest)));
}

inline Sample sample_named(const std::string& id) {
    Sample sample;
    sample.id = id;
    sample.subject = id.substr(0, 6);
    return sample;
}

inline NewArray new_array(Volume volume, Role role = Role::image) {
    NewArray array;
    array.info.role = role;
    array.info.geometry.affine = Affine{};
    array.voxels = std::move(volume);
    return array;
}

inline NewArray taken(const Dataset& from, const Sample& sample, const std::string& name) {
    NewArray array;
    array.info = sample.arrays.at(name);
    array.from = &from;
    array.from_id = sample.id;
    array.from_array = name;
    return array;
}

/// The whole file as text.
inline std::string content(const std::filesystem::path& file) { return read_text(file); }

/// Changes one byte of a file in place.
inline void flip(const std::filesystem::path& file, std::uint64_t offset) {
    std::string text = read_text(file);
    text.at(offset) = static_cast<char>(text.at(offset) ^ 0x10);
    std::filesystem::remove(file);  // not in a file that another dataset is linked to
    FileWriter out(file);
    out.write(text);
    out.close();
}

}  // namespace shard_test
