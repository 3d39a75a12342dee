#include "core/digest.h"

#include <openssl/evp.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"

namespace cohort {

namespace {

/// Fetched once: EVP_sha256() without fetching looks the algorithm up on every call (199 against 363 ns).
const EVP_MD* sha256_method() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return method;
}

EVP_MD_CTX* context_of(void* state) { return static_cast<EVP_MD_CTX*>(state); }

[[noreturn]] void crypto_failed() { throw Error(Exit::bug, "libcrypto refused to compute SHA-256; please report this."); }

}  // namespace

std::string Digest::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(64);
    for (const auto byte : bytes) text += digits[byte >> 4], text += digits[byte & 15];
    return text;
}

std::optional<Digest> digest_from_text(std::string_view text) {
    if (text.size() != 71 || !text.starts_with("sha256:")) return std::nullopt;
    Digest digest;
    for (std::size_t i = 0; i < 64; ++i) {
        const char c = text[7 + i];
        int nibble = 0;
        if (c >= '0' && c <= '9') nibble = c - '0';
        else if (c >= 'a' && c <= 'f') nibble = c - 'a' + 10;
        else return std::nullopt;
        digest.bytes[i / 2] = static_cast<std::uint8_t>(digest.bytes[i / 2] << 4 | nibble);
    }
    return digest;
}

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
    if (!state_ || EVP_DigestInit_ex(context_of(state_), sha256_method(), nullptr) != 1) crypto_failed();
}
Sha256::~Sha256() { EVP_MD_CTX_free(context_of(state_)); }
Sha256::Sha256(Sha256&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
Sha256& Sha256::operator=(Sha256&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

Sha256& Sha256::update(std::span<const std::byte> bytes) {
    if (EVP_DigestUpdate(context_of(state_), bytes.data(), bytes.size()) != 1) crypto_failed();
    return *this;
}
Sha256& Sha256::update(std::string_view text) { return update(bytes_of(text)); }

Digest Sha256::finish() {
    Digest digest;
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context_of(state_), digest.bytes.data(), &length) != 1 || length != 32) crypto_failed();
    return digest;
}

Digest sha256(std::span<const std::byte> bytes) { return Sha256().update(bytes).finish(); }
Digest sha256(std::string_view text) { return sha256(bytes_of(text)); }

FileDigest sha256_file(const std::filesystem::path& file) {
    const FileHandle handle = open_for_reading(file);
    Bytes buffer(std::size_t{1} << 20);
    Sha256 hash;
    FileDigest result;
    for (;;) {
        const std::size_t got = read_some(handle.get(), buffer, file);
        if (got == 0) break;
        hash.update(std::span(buffer).first(got));
        result.bytes += got;
    }
    result.digest = hash.finish();
    return result;
}

Json to_json(const std::vector<Axis>& axes) {
    Json list = Json::array();
    for (const auto& axis : axes) {
        if (axis.coordinates.empty() && axis.unit.empty() && axis.labels.empty()) {
            list.push_back(axis.name);
            continue;
        }
        Json entry{{"name", axis.name}};
        if (!axis.coordinates.empty()) entry["coordinates"] = axis.coordinates;
        if (!axis.unit.empty()) entry["unit"] = axis.unit;
        if (!axis.labels.empty()) entry["labels"] = axis.labels;
        list.push_back(std::move(entry));
    }
    return list;
}

std::vector<Axis> axes_from_json(const Json& json) {
    const auto refuse = [] { throw Error(Exit::bad_input, "A list of axes is malformed: each is a name or {name, coordinates, unit, labels}."); };
    if (!json.is_array() || json.size() > most_axes) refuse();
    std::vector<Axis> axes;
    for (const auto& entry : json) {
        Axis axis;
        if (entry.is_string()) {
            axis.name = entry.get<std::string>();
        } else {
            if (!entry.is_object()) refuse();
            axis.name = text_member(entry, "name", "an axis");
            if (const auto it = entry.find("unit"); it != entry.end()) axis.unit = text_member(entry, "unit", "an axis");
            if (const auto it = entry.find("coordinates"); it != entry.end()) {
                if (!it->is_array()) refuse();
                for (const auto& value : *it) {
                    if (!value.is_number()) refuse();
                    axis.coordinates.push_back(value.get<double>());
                }
            }
            if (const auto it = entry.find("labels"); it != entry.end()) {
                if (!it->is_array()) refuse();
                for (const auto& value : *it) {
                    if (!value.is_string()) refuse();
                    axis.labels.push_back(value.get<std::string>());
                }
            }
        }
        axes.push_back(std::move(axis));
    }
    return axes;
}

Json to_json(const Scale& scale) {
    if (scale.is_identity()) return nullptr;
    if (scale.axis.empty()) return Json{{"slope", scale.slope.at(0)}, {"offset", scale.offset.at(0)}};
    return Json{{"slope", scale.slope}, {"offset", scale.offset}, {"axis", scale.axis}};
}

Scale scale_from_json(const Json& json) {
    Scale scale;
    if (json.is_null()) return scale;
    if (!json.is_object() || !json.contains("slope") || !json.contains("offset"))
        throw Error(Exit::bad_input, "A scale is neither null nor {slope, offset}.");
    const auto numbers = [](const Json& value) {
        std::vector<double> list;
        for (const auto& entry : value.is_array() ? value : Json::array({value})) {
            if (!entry.is_number()) throw Error(Exit::bad_input, "A scale holds something that is no number.");
            list.push_back(entry.get<double>());
        }
        return list;
    };
    scale.slope = numbers(json["slope"]);
    scale.offset = numbers(json["offset"]);
    if (json.contains("axis")) scale.axis = text_member(json, "axis", "a scale");
    if (scale.slope.empty() || scale.slope.size() != scale.offset.size() || (scale.axis.empty() && scale.slope.size() != 1))
        throw Error(Exit::bad_input, "A scale has unequal numbers of slopes and offsets, or lists without an axis.");
    return scale;
}

Digest array_digest(const Volume& volume, const Geometry& geometry, const Scale& scale, unsigned threads) {
    const Json head{{"type", std::string(name_of(volume.type()))},
                    {"shape", volume.shape()},
                    {"axes", to_json(volume.axes())},
                    {"geometry", to_json(geometry)},
                    {"scale", to_json(scale)}};
    constexpr std::size_t block = std::size_t{4} << 20;
    const auto bytes = volume.bytes();
    std::vector<Digest> blocks((bytes.size() + block - 1) / block);
    parallel_for(blocks.size(), threads, [&](std::size_t i) {
        blocks[i] = sha256(bytes.subspan(i * block, std::min(block, bytes.size() - i * block)));
    });
    Sha256 hash;
    hash.update(canonical_json(head));
    for (const auto& digest : blocks) hash.update(std::as_bytes(std::span(digest.bytes)));
    return hash.finish();
}

}  // namespace cohort
