// Samples to and from JSON: the shape of a line of samples.jsonl.
#include "core/error.h"
#include "core/files.h"
#include "store/sample.h"
#include "store/sample_line.h"

namespace cohort::store {
namespace {

constexpr std::uint64_t most_extent = std::uint64_t{1} << 62;

[[noreturn]] void fail(std::string_view where, const std::string& what) {
    throw Error(Exit::bad_input, std::string(where) + ": " + what + ".");
}

void require(bool holds, std::string_view where, const char* what) {
    if (!holds) fail(where, what);
}

Json to_json(const NativeGrid& native) {
    return {{"shape", native.shape},
            {"axes", cohort::to_json(native.axes)},
            {"geometry", cohort::to_json(native.geometry)}};
}

Json to_json(const ArrayInfo& info) {
    Json json{{"role", name_of(info.role)},
              {"type", name_of(info.type)},
              {"shape", info.shape},
              {"axes", cohort::to_json(info.axes)},
              {"geometry", cohort::to_json(info.geometry)},
              {"scale", cohort::to_json(info.scale)},
              {"digest", info.digest.text()}};
    if (!info.channels.empty()) json["channels"] = info.channels;
    if (info.native) json["native"] = to_json(*info.native);
    return json;
}

Shape shape_from_json(const Json& json, std::string_view where) {
    require(json.is_array() && !json.empty() && json.size() <= most_axes, where,
            "'shape' must list one to seven extents");
    Shape shape;
    shape.reserve(json.size());
    for (const Json& extent : json) {
        require(extent.is_number_integer(), where, "an extent of 'shape' is not a whole number");
        // Beyond 2^63 it is stored unsigned and would wrap.
        require(!extent.is_number_unsigned() || extent.get<std::uint64_t>() <= most_extent, where,
                "an extent of 'shape' is too large");
        shape.push_back(extent.get<std::int64_t>());
    }
    return shape;
}

std::vector<std::string> texts_from_json(const Json& json, std::string_view where, const char* what) {
    require(json.is_array(), where, what);
    std::vector<std::string> texts;
    texts.reserve(json.size());
    for (const Json& text : json) {
        require(text.is_string(), where, what);
        texts.push_back(text.get<std::string>());
    }
    return texts;
}

NativeGrid native_from_json(const Json& json, std::string_view where) {
    require(json.is_object(), where, "'native' must be an object");
    NativeGrid native;
    native.shape = shape_from_json(member(json, "shape", where), where);
    native.axes = axes_from_json(member(json, "axes", where));
    native.geometry = geometry_from_json(member(json, "geometry", where));
    return native;
}

ArrayInfo array_from_json(const Json& json, std::string_view where) {
    require(json.is_object(), where, "an array's entry must be an object");
    ArrayInfo info;
    const auto role = role_named(text_member(json, "role", where));
    require(role.has_value(), where, "'role' must be image, label, mask, probability or map");
    const auto type = voxel_type_named(text_member(json, "type", where));
    require(type.has_value(), where, "'type' is no voxel type");
    const auto digest = digest_from_text(text_member(json, "digest", where));
    require(digest.has_value(), where, "'digest' is not of the form sha256:…");
    info.role = *role;
    info.type = *type;
    info.digest = *digest;
    info.shape = shape_from_json(member(json, "shape", where), where);
    info.axes = axes_from_json(member(json, "axes", where));
    info.geometry = geometry_from_json(member(json, "geometry", where));
    info.scale = scale_from_json(member(json, "scale", where));
    if (const auto found = json.find("channels"); found != json.end())
        info.channels = texts_from_json(*found, where, "'channels' must be a list of texts");
    if (const auto found = json.find("native"); found != json.end() && !found->is_null())
        info.native = native_from_json(*found, where);
    if (const char* fault = fault_of(info)) fail(where, fault);
    return info;
}

std::vector<Flag> flags_from_json(const Json& json, std::string_view where) {
    require(json.is_array(), where, "'flags' must be a list");
    std::vector<Flag> flags;
    for (const Json& flag : json) {
        require(flag.is_object(), where, "an entry of 'flags' must be an object");
        flags.push_back({text_member(flag, "check", where), text_member(flag, "message", where)});
    }
    return flags;
}

}  // namespace

Json to_json(const Sample& sample) {
    Json arrays = Json::object();
    for (const auto& [name, info] : sample.arrays) arrays[name] = to_json(info);
    Json flags = Json::array();
    for (const auto& flag : sample.flags) flags.push_back({{"check", flag.check}, {"message", flag.message}});
    return {{"id", sample.id},           {"subject", sample.subject},
            {"session", sample.session}, {"arrays", std::move(arrays)},
            {"values", sample.values},   {"source", sample.source},
            {"flags", std::move(flags)}};
}

Sample sample_from_json(const Json& json, std::string_view where) {
    require(json.is_object(), where, "a sample must be an object");
    Sample sample;
    sample.id = text_member(json, "id", where);
    if (const char* fault = fault_of_name(sample.id)) fail(where, "the id '" + printable(sample.id) + "' cannot be used: " + fault);
    sample.subject = text_member(json, "subject", where);
    if (const auto found = json.find("session"); found != json.end() && !found->is_null())
        sample.session = text_member(json, "session", where);
    const Json& arrays = member(json, "arrays", where);
    require(arrays.is_object(), where, "'arrays' must be an object");
    for (const auto& [name, info] : arrays.items()) {
        if (const char* fault = fault_of_name(name)) fail(where, "the array '" + printable(name) + "' cannot be called so: " + fault);
        try {
            sample.arrays.emplace(name, array_from_json(info, where));
        } catch (Error& error) {
            error.add_context("reading array " + printable(name) + " of sample " + printable(sample.id) + " in " +
                              std::string(where));
            throw;
        }
    }
    if (const auto found = json.find("values"); found != json.end()) sample.values = *found;
    require(sample.values.is_object(), where, "'values' must be an object");
    if (const auto found = json.find("source"); found != json.end())
        sample.source = texts_from_json(*found, where, "'source' must be a list of texts");
    if (const auto found = json.find("flags"); found != json.end()) sample.flags = flags_from_json(*found, where);
    return sample;
}

}  // namespace cohort::store
