// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/plan/container_spec.h"

namespace compose::plan {
namespace {

base::Result<std::uint16_t> parse_port(std::string_view text, const model::ServicePort& port) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > 65535) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("published port \"{}\" is no port number from 0 to 65535", text))
            .at(port.span));
  }
  return static_cast<std::uint16_t>(value);
}

base::Result<std::uint32_t> parse_owner(const std::string& text, std::string_view what,
                                        const model::FileReference& reference) {
  if (text.empty()) return 0u;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("{} \"{}\" of \"{}\" is no number", what, text, reference.source))
            .at(reference.span));
  }
  return value;
}

/// The kind of thing a FileReference names, and where such files go when nothing else is said.
struct FileKind {
  std::string_view name;    ///< "secret"
  std::string_view folder;  ///< With a trailing slash.
};

base::Result<model::FileSpec> make_file(const model::ProjectFile& file, const model::FileReference& reference,
                                        const FileKind& kind) {
  const auto refuse = [&](base::ErrorClass error_class, std::string message) {
    return base::fail(base::make_error(error_class, std::move(message)).at(reference.span));
  };
  if (file.external) {
    return refuse(
        base::ErrorClass::Unsupported,
        fmt::format("{} \"{}\" is external, which this engine has no store for", kind.name, file.key));
  }
  if (!file.driver.empty() || !file.template_driver.empty()) {
    return refuse(base::ErrorClass::Unsupported,
                  fmt::format("{} \"{}\" uses a driver, which is not supported", kind.name, file.key));
  }
  model::FileSpec spec;
  spec.target = reference.target.empty() ? reference.source : reference.target;
  if (!spec.target.starts_with('/')) spec.target.insert(0, kind.folder);
  spec.uid = TRY(parse_owner(reference.uid, "uid", reference));
  spec.gid = TRY(parse_owner(reference.gid, "gid", reference));
  spec.mode = reference.mode.value_or(0444);
  if (!file.file.empty()) {
    spec.source = file.file;
  } else if (file.content) {
    spec.content = *file.content;
  } else {
    return refuse(base::ErrorClass::Invalid,
                  fmt::format("{} \"{}\" takes its value from the variable \"{}\", which is not set",
                              kind.name, file.key, file.environment));
  }
  return spec;
}

base::Result<> append_files(const std::vector<model::FileReference>& references,
                            const std::map<std::string, model::ProjectFile>& files, const FileKind& kind,
                            std::vector<model::FileSpec>& out) {
  for (const model::FileReference& reference : references) {
    const auto found = files.find(reference.source);
    if (found == files.end()) {
      return base::fail(base::make_error(base::ErrorClass::NotFound,
                                         fmt::format("no such {}: {}", kind.name, reference.source))
                            .at(reference.span));
    }
    out.push_back(TRY(make_file(found->second, reference, kind)));
  }
  return {};
}

}  // namespace

std::vector<model::EndpointSpec> make_endpoints(const model::Project& project,
                                                const model::Service& service) {
  std::vector<std::pair<std::string, const model::ServiceNetwork*>> ordered;
  if (service.network_mode.empty()) {
    for (const auto& [key, network] : service.networks) ordered.emplace_back(key, &network);
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second->priority > b.second->priority; });
  std::vector<model::EndpointSpec> out;
  for (const auto& [key, network] : ordered) {
    const auto declared = project.networks.find(key);
    model::EndpointSpec endpoint;
    endpoint.network = declared == project.networks.end() ? key : declared->second.spec.name;
    endpoint.aliases = network->aliases;
    endpoint.ipv4_address = network->ipv4_address;
    endpoint.ipv6_address = network->ipv6_address;
    endpoint.link_local_ips = network->link_local_ips;
    endpoint.mac_address = network->mac_address;
    endpoint.interface_name = network->interface_name;
    endpoint.driver_opts = network->driver_opts;
    endpoint.gateway_priority = static_cast<int>(network->gateway_priority);
    out.push_back(std::move(endpoint));
  }
  return out;
}

base::Result<model::PortBinding> make_port_binding(const model::ServicePort& port) {
  model::PortBinding binding;
  binding.host_ip = port.host_ip;
  binding.container_port = port.target;
  binding.protocol = port.protocol;
  if (port.published.empty()) return binding;
  const auto [first, last] = base::split_once(port.published, '-');
  binding.host_port = TRY(parse_port(first, port));
  if (port.published.find('-') != std::string::npos) binding.host_port_end = TRY(parse_port(last, port));
  if (binding.host_port_end != 0 && binding.host_port_end < binding.host_port) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("published ports \"{}\" end before they begin", port.published))
            .at(port.span));
  }
  return binding;
}

base::Result<std::vector<model::FileSpec>> make_files(const model::Project& project,
                                                      const model::Service& service) {
  std::vector<model::FileSpec> out;
  TRY(append_files(service.secrets, project.secrets, {"secret", "/run/secrets/"}, out));
  TRY(append_files(service.configs, project.configs, {"config", "/"}, out));
  return out;
}

}  // namespace compose::plan
