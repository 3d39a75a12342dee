#include "apps/compare/compare_files.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "formats/nifti/nifti_reader.h"

namespace cohort::compare {
namespace {

constexpr std::size_t most_unpacked = std::size_t{1} << 34;

bool is_nifti(const std::string& name) { return name.ends_with(".nii") || name.ends_with(".nii.gz"); }

Image read_image(const std::filesystem::path& file, const Bytes& bytes) {
    auto read = nifti::read_nifti(file.filename().string(), bytes, std::nullopt, {});
    if (auto* why = std::get_if<Quarantined>(&read))
        throw Error(Exit::bad_input, printable(file.string()) + ": " + why->message);
    return std::move(std::get<Image>(read));
}

void compare_niftis(Comparison& comparison, const std::string& where, const std::filesystem::path& a,
                    const Bytes& bytes_a, const std::filesystem::path& b, const Bytes& bytes_b) {
    const Image image_a = read_image(a, bytes_a), image_b = read_image(b, bytes_b);
    comparison.count_array();
    comparison.json(where + ", geometry", to_json(image_a.geometry), to_json(image_b.geometry));
    const std::string what =
        volume_difference(image_a.voxels, image_a.scale, image_b.voxels, image_b.scale, comparison.tolerance());
    if (!what.empty()) comparison.differ(where, what);
}

/// True when both were understood; otherwise nothing was noted.
bool compare_texts(Comparison& comparison, const std::string& where, const std::string& name, const Bytes& a,
                   const Bytes& b) {
    const std::string text_a(text_of(a)), text_b(text_of(b));
    if (name.ends_with(".csv") || name.ends_with(".txt")) {
        comparison.lines(where, text_a, text_b, Comparison::Lines::cells);
        return true;
    }
    Comparison trial(comparison.tolerance());  // a file that is no JSON is compared by its bytes, all of it
    try {
        if (name.ends_with(".json"))
            trial.json(where, parse_json(text_a, where), parse_json(text_b, where));
        else if (name.ends_with(".jsonl"))
            trial.lines(where, text_a, text_b, Comparison::Lines::json);
        else
            return false;
    } catch (const Error&) {
        return false;
    }
    for (const Difference& d : trial.differences()) comparison.differ(d.where, d.what);
    return true;
}

void compare_bytes(Comparison& comparison, const std::string& where, const Bytes& a, const Bytes& b) {
    const auto [at, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    const auto offset = std::to_string(at - a.begin());
    if (a.size() != b.size())
        comparison.differ(where, std::to_string(a.size()) + " and " + std::to_string(b.size()) + " bytes" +
                                     "; the first difference is at byte " + offset);
    else
        comparison.differ(where, "its bytes differ from offset " + offset);
}

}  // namespace

void compare_files(Comparison& comparison, const std::string& where, const std::filesystem::path& a,
                   const std::filesystem::path& b) {
    Bytes bytes_a = read_file(a), bytes_b = read_file(b);
    comparison.count_member();
    if (bytes_a == bytes_b) return;
    const std::string name = a.filename().string();
    if (is_nifti(name) && is_nifti(b.filename().string()))
        return compare_niftis(comparison, where, a, bytes_a, b, bytes_b);
    std::string inner = name;
    if (name.ends_with(".gz")) {
        auto plain_a = gunzip_all(bytes_a, most_unpacked), plain_b = gunzip_all(bytes_b, most_unpacked);
        if (plain_a && plain_b) {
            bytes_a = std::move(*plain_a);
            bytes_b = std::move(*plain_b);
            inner.erase(inner.size() - 3);
            if (bytes_a == bytes_b) return;
        }
    }
    if (inner.ends_with(".safetensors") || inner.ends_with(".ckpt"))
        return compare_tensors(comparison, where, bytes_a, bytes_b);
    if (compare_texts(comparison, where, inner, bytes_a, bytes_b)) return;
    compare_bytes(comparison, where, bytes_a, bytes_b);
}

}  // namespace cohort::compare
