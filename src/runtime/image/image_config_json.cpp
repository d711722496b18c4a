// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/image/config_limits.h"
#include "runtime/image/image_config.h"
#include "runtime/image/timestamp.h"

namespace runtime::image {
namespace {

using Json = nlohmann::json;

/// Reads members of one object; the first wrong type is remembered.
class Reader {
 public:
  Reader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  void read(const char* key, std::string& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(key, "a string");
    out = value->get_ref<const std::string&>();
  }
  void read(const char* key, bool& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(key, "true or false");
    out = value->get<bool>();
  }
  void read(const char* key, std::vector<std::string>& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(key, "a list of strings");
    for (const Json& item : *value) {
      if (!item.is_string()) return wrong(key, "a list of strings");
      out.push_back(item.get_ref<const std::string&>());
    }
  }
  void read(const char* key, std::optional<std::vector<std::string>>& out) {
    if (find(key) == nullptr) return;
    out.emplace();
    read(key, *out);
  }
  /// The keys of an object used as a set: {"80/tcp": {}}.
  void read_set(const char* key, std::vector<std::string>& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object()) return wrong(key, "an object");
    for (const auto& [name, ignored] : value->items()) out.push_back(name);
    std::sort(out.begin(), out.end());
  }
  void read(const char* key, std::map<std::string, std::string>& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object()) return wrong(key, "an object of strings");
    for (const auto& [name, text] : value->items()) {
      if (!text.is_string()) return wrong(key, "an object of strings");
      out[name] = text.get_ref<const std::string&>();
    }
  }
  void read(const char* key, std::optional<base::Duration>& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer()) return wrong(key, "nanoseconds");
    if (value->get<std::int64_t>() != 0) out = base::Duration(value->get<std::int64_t>());
  }
  void read(const char* key, std::optional<model::TimePoint>& out) {
    std::string text;
    read(key, text);
    // A malformed time takes nothing from the image's use.
    out = parse_timestamp(text);
  }
  void wrong(const char* key, std::string_view expected) {
    if (error_.empty()) error_ = fmt::format("image configuration: {}{} must be {}", path_, key, expected);
  }
  base::Result<> result() const {
    if (error_.empty()) return {};
    return base::fail(base::ErrorClass::Invalid, error_);
  }

 private:
  const Json& object_;
  std::string path_, error_;
};

tl::unexpected<base::Error> invalid(std::string what) {
  return base::fail(base::ErrorClass::Invalid, "image configuration: " + std::move(what));
}

base::Result<> read_health_check(const Json& json, ImageConfig& out) {
  if (!json.is_object()) return invalid("config.Healthcheck must be an object");
  Reader reader(json, "config.Healthcheck.");
  model::HealthCheck check;
  reader.read("Test", check.test);
  reader.read("Interval", check.interval);
  reader.read("Timeout", check.timeout);
  reader.read("StartPeriod", check.start_period);
  reader.read("StartInterval", check.start_interval);
  if (const Json* retries = reader.find("Retries")) {
    if (!retries->is_number_integer() || retries->get<std::int64_t>() < 0 ||
        retries->get<std::int64_t>() > kMostRetries) {
      reader.wrong("Retries", fmt::format("a number up to {}", kMostRetries));
    } else if (retries->get<int>() != 0) {
      check.retries = retries->get<int>();
    }
  }
  out.health_check = std::move(check);
  return reader.result();
}

base::Result<> read_container_config(const Json& json, ImageConfig& out) {
  if (!json.is_object()) return invalid("config must be an object");
  Reader reader(json, "config.");
  reader.read("User", out.user);
  reader.read("WorkingDir", out.working_dir);
  reader.read("StopSignal", out.stop_signal);
  reader.read("Env", out.environment);
  reader.read("Entrypoint", out.entrypoint);
  reader.read("Cmd", out.command);
  reader.read("OnBuild", out.on_build);
  reader.read("Shell", out.shell);
  reader.read("Labels", out.labels);
  reader.read("ArgsEscaped", out.args_escaped);
  reader.read_set("ExposedPorts", out.exposed_ports);
  reader.read_set("Volumes", out.volumes);
  if (const Json* check = reader.find("Healthcheck")) TRY(read_health_check(*check, out));
  return reader.result();
}

base::Result<> read_history(const Json& json, ImageConfig& out) {
  if (!json.is_array()) return invalid("history must be a list");
  if (json.size() > kMostHistory) return invalid(fmt::format("more than {} history entries", kMostHistory));
  for (const Json& item : json) {
    if (!item.is_object()) return invalid("history must be a list of objects");
    Reader reader(item, "history.");
    HistoryEntry entry;
    reader.read("created", entry.created);
    reader.read("created_by", entry.created_by);
    reader.read("author", entry.author);
    reader.read("comment", entry.comment);
    reader.read("empty_layer", entry.empty_layer);
    TRY(reader.result());
    out.history.push_back(std::move(entry));
  }
  return {};
}

base::Result<std::vector<model::Digest>> read_diff_ids(const Json& root) {
  const auto rootfs = root.find("rootfs");
  if (rootfs == root.end() || !rootfs->is_object()) return invalid("rootfs is missing");
  if (rootfs->value("type", Json("layers")) != "layers") return invalid("rootfs.type must be \"layers\"");
  std::vector<std::string> texts;
  Reader reader(*rootfs, "rootfs.");
  reader.read("diff_ids", texts);
  TRY(reader.result());
  if (texts.size() > kMostLayers) return invalid(fmt::format("more than {} layers", kMostLayers));
  std::vector<model::Digest> out;
  for (const std::string& text : texts)
    out.push_back(TRY_WHILE(model::Digest::parse(text), "reading rootfs.diff_ids"));
  return out;
}

/// Only what is set, so that the canonical form has nothing empty.
template <class T>
void put(Json& object, const char* key, const T& value) {
  if (!value.empty()) object[key] = value;
}

void put_set(Json& object, const char* key, const std::vector<std::string>& names) {
  if (names.empty()) return;
  Json set = Json::object();
  for (const std::string& name : names) set[name] = Json::object();
  object[key] = std::move(set);
}

void put_duration(Json& object, const char* key, const std::optional<base::Duration>& value) {
  if (value) object[key] = value->count();
}

Json encode_container_config(const ImageConfig& config) {
  Json out = Json::object();
  put(out, "User", config.user);
  put(out, "WorkingDir", config.working_dir);
  put(out, "StopSignal", config.stop_signal);
  put(out, "Env", config.environment);
  if (config.entrypoint) out["Entrypoint"] = *config.entrypoint;
  if (config.command) out["Cmd"] = *config.command;
  put(out, "OnBuild", config.on_build);
  put(out, "Shell", config.shell);
  put(out, "Labels", config.labels);
  if (config.args_escaped) out["ArgsEscaped"] = true;
  put_set(out, "ExposedPorts", config.exposed_ports);
  put_set(out, "Volumes", config.volumes);
  if (config.health_check) {
    Json check = Json::object();
    put(check, "Test", config.health_check->test);
    put_duration(check, "Interval", config.health_check->interval);
    put_duration(check, "Timeout", config.health_check->timeout);
    put_duration(check, "StartPeriod", config.health_check->start_period);
    put_duration(check, "StartInterval", config.health_check->start_interval);
    if (config.health_check->retries) check["Retries"] = *config.health_check->retries;
    out["Healthcheck"] = std::move(check);
  }
  return out;
}

}  // namespace

base::Result<ParsedImageConfig> parse_image_config(std::string_view text) {
  if (text.size() > kLargestConfig) return invalid(fmt::format("larger than {} bytes", kLargestConfig));
  const Json root = Json::parse(text, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return invalid("it is no JSON object");
  ParsedImageConfig out;
  Reader reader(root, "");
  reader.read("architecture", out.config.architecture);
  reader.read("os", out.config.os);
  reader.read("variant", out.config.variant);
  reader.read("os.version", out.config.os_version);
  reader.read("author", out.config.author);
  reader.read("created", out.config.created);
  if (const Json* config = reader.find("config")) TRY(read_container_config(*config, out.config));
  if (const Json* history = reader.find("history")) TRY(read_history(*history, out.config));
  TRY(reader.result());
  out.diff_ids = TRY(read_diff_ids(root));
  return out;
}

std::string encode_image_config(const ImageConfig& config, const std::vector<model::Digest>& diff_ids) {
  Json root = Json::object();
  root["architecture"] = config.architecture;
  root["os"] = config.os.empty() ? "linux" : config.os;
  put(root, "variant", config.variant);
  put(root, "os.version", config.os_version);
  put(root, "author", config.author);
  if (config.created) root["created"] = to_timestamp(*config.created);
  root["config"] = encode_container_config(config);
  Json history = Json::array();
  for (const HistoryEntry& entry : config.history) {
    Json item = Json::object();
    if (entry.created) item["created"] = to_timestamp(*entry.created);
    put(item, "created_by", entry.created_by);
    put(item, "author", entry.author);
    put(item, "comment", entry.comment);
    if (entry.empty_layer) item["empty_layer"] = true;
    history.push_back(std::move(item));
  }
  put(root, "history", history);
  Json digests = Json::array();
  for (const model::Digest& digest : diff_ids) digests.push_back(digest.text());
  root["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(digests)}};
  // Text that is no UTF-8 is kept out of exceptions' way.
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace runtime::image
