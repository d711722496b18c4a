// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/run_mount.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "runtime/build/build_flag.h"

namespace runtime::build {
namespace {

struct Field {
  std::string_view key;
  std::string_view types;  ///< Letters of the types that take it: b c t s h.
};

constexpr std::array kFields = {
    Field{"type", "bctsh"}, Field{"target", "bctsh"}, Field{"dst", "bctsh"}, Field{"destination", "bctsh"},
    Field{"source", "bcs"}, Field{"src", "bcs"},      Field{"from", "bc"},   Field{"readonly", "bc"},
    Field{"ro", "bc"},      Field{"readwrite", "bc"}, Field{"rw", "bc"},     Field{"id", "csh"},
    Field{"sharing", "c"},  Field{"mode", "csh"},     Field{"uid", "csh"},   Field{"gid", "csh"},
    Field{"size", "t"},     Field{"required", "sh"},  Field{"env", "s"},
};

struct TypeName {
  std::string_view name;
  RunMountType type;
  char letter;
};
constexpr std::array kTypes = {
    TypeName{"bind", RunMountType::Bind, 'b'},   TypeName{"cache", RunMountType::Cache, 'c'},
    TypeName{"tmpfs", RunMountType::Tmpfs, 't'}, TypeName{"secret", RunMountType::Secret, 's'},
    TypeName{"ssh", RunMountType::Ssh, 'h'},
};

tl::unexpected<base::Error> invalid(std::string message, std::string hint = {}) {
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, std::move(message)).with_hint(std::move(hint)));
}

base::Result<std::uint32_t> parse_number(std::string_view key, std::string_view text, int base) {
  std::uint32_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const std::uint32_t limit = base == 8 ? 07777 : 0xFFFFFFFE;
  if (code != std::errc() || end != text.data() + text.size() || number > limit) {
    return invalid(fmt::format("--mount: {} '{}' is not a number that fits", key, text));
  }
  return number;
}

base::Result<bool> parse_bool(std::string_view key, std::string_view text) {
  if (text.empty()) return true;
  if (const auto flag = parse_build_flag(text)) return *flag;
  return invalid(fmt::format("--mount: {} is true or false, not '{}'", key, text));
}

/// Fields are separated as in CSV: a field in double quotes may hold commas.
std::vector<std::string> split_fields(std::string_view text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

base::Result<const TypeName*> find_type(const std::vector<std::string>& fields) {
  std::string name = "bind";
  for (const std::string& field : fields) {
    const auto [key, value] = base::split_once(field, '=');
    if (base::to_lower(key) == "type") name = base::to_lower(value);
  }
  std::vector<std::string_view> names;
  for (const TypeName& type : kTypes) {
    if (type.name == name) return &type;
    names.push_back(type.name);
  }
  const std::string nearest = base::nearest_name(name, std::span<const std::string_view>(names));
  return invalid(fmt::format("--mount: unknown type '{}'", name),
                 nearest.empty() ? "types are bind, cache, tmpfs, secret and ssh"
                                 : fmt::format("did you mean {}?", nearest));
}

base::Result<> check_key(std::string_view key, const TypeName& type) {
  std::vector<std::string_view> names;
  for (const Field& field : kFields) {
    const bool taken = field.types.find(type.letter) != std::string_view::npos;
    if (field.key == key && taken) return {};
    if (field.key == key) return invalid(fmt::format("--mount: type {} takes no {}", type.name, key));
    if (taken) names.push_back(field.key);
  }
  const std::string nearest = base::nearest_name(key, std::span<const std::string_view>(names));
  return invalid(fmt::format("--mount: unknown key '{}'", key),
                 nearest.empty() ? std::string() : fmt::format("did you mean {}?", nearest));
}

base::Result<> set_sharing(std::string_view value, RunMount& mount) {
  if (value == "shared") {
    mount.sharing = CacheSharing::Shared;
  } else if (value == "private") {
    mount.sharing = CacheSharing::Private;
  } else if (value == "locked") {
    mount.sharing = CacheSharing::Locked;
  } else {
    return invalid(fmt::format("--mount: sharing is shared, private or locked, not '{}'", value));
  }
  return {};
}

base::Result<> set_field(std::string_view key, std::string_view value, RunMount& mount) {
  if (key == "target" || key == "dst" || key == "destination") mount.target = value;
  if (key == "source" || key == "src") mount.source = value;
  if (key == "from") mount.from = value;
  if (key == "id") mount.id = value;
  if (key == "env") mount.environment = value;
  if (key == "readonly" || key == "ro") mount.read_only = TRY(parse_bool(key, value));
  if (key == "readwrite" || key == "rw") mount.read_only = !TRY(parse_bool(key, value));
  if (key == "required") mount.required = TRY(parse_bool(key, value));
  if (key == "sharing") TRY(set_sharing(value, mount));
  if (key == "mode") mount.mode = TRY(parse_number(key, value, 8));
  if (key == "uid") mount.uid = TRY(parse_number(key, value, 10));
  if (key == "gid") mount.gid = TRY(parse_number(key, value, 10));
  if (key == "size") mount.size = TRY(base::parse_byte_size(value));
  return {};
}

std::string_view last_part(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

/// A secret's id and target, each from the other where it is not said. Its source is another word for its id.
base::Result<> name_secret(RunMount& mount) {
  if (!mount.source.empty() && !mount.id.empty())
    return invalid("--mount: a secret's id and source are the same: give one of them");
  if (mount.id.empty()) mount.id = std::exchange(mount.source, {});
  if (mount.id.empty()) mount.id = last_part(mount.target);
  if (mount.id.empty()) return invalid("--mount: type secret needs an id", "add id=name");
  if (mount.target.empty() && mount.environment.empty())
    mount.target = fmt::format("/run/secrets/{}", last_part(mount.id));
  return {};
}

}  // namespace

base::Result<RunMount> parse_run_mount(std::string_view text) {
  const std::vector<std::string> fields = split_fields(text);
  const TypeName& type = *TRY(find_type(fields));
  RunMount mount{.type = type.type};
  mount.read_only = type.type == RunMountType::Bind;
  for (const std::string& field : fields) {
    const auto [raw_key, value] = base::split_once(field, '=');
    const std::string key = base::to_lower(raw_key);
    TRY(check_key(key, type));
    TRY(set_field(key, value, mount));
  }
  const bool may_be_default = type.type == RunMountType::Secret || type.type == RunMountType::Ssh;
  if (mount.target.empty() && !may_be_default) {
    return invalid(fmt::format("--mount: type {} needs a target", type.name), "add target=/path");
  }
  if (type.type == RunMountType::Secret) TRY(name_secret(mount));
  if (type.type == RunMountType::Ssh && mount.id.empty()) mount.id = "default";
  if (type.type == RunMountType::Cache && mount.id.empty()) mount.id = mount.target;
  return mount;
}

}  // namespace runtime::build
