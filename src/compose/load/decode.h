// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "compose/load/load_context.h"
#include "model/project.h"

namespace compose::load {

/// Makes the model of a complete canonical tree: services, networks, volumes, secrets, configs and
/// models. Names, folders and files of the project are the caller's to set. Problems that only show
/// here (a restart policy, a CPU count) go to the diagnostics.
model::Project decode_project(const Tree& root, const LoadContext& context);

/// One service; the functions below decode a part of it each.
void decode_service(const Entry& entry, const Path& path, const LoadContext& context,
                    model::Service& service);
/// volumes, tmpfs, volumes_from
void decode_mounts(const Tree& node, const Path& path, const LoadContext& context, model::Service& service);
/// networks, ports, expose, names and addresses
void decode_networking(const Tree& node, const Path& path, const LoadContext& context,
                       model::Service& service);
/// memory, CPU, devices and limits, with deploy.resources laid over
void decode_resources(const Tree& node, const Path& path, const LoadContext& context,
                      model::Service& service);
/// start, stop, restart, health, hooks, watch, scale
void decode_lifecycle(const Tree& node, const Path& path, const LoadContext& context,
                      model::Service& service);
/// build; nullopt when the service has none
std::optional<model::ServiceBuild> decode_build(const Tree& service);
/// Attributes that an engine may lack: see model::Service::set_attributes.
void list_set_attributes(const Tree& node, model::Service& service);

/// The text of a scalar attribute; empty when it is absent.
std::string text(const Tree& node, std::string_view key);
/// The items of a list; none when it is absent.
std::vector<std::string> text_list(const Tree& node, std::string_view key);
/// A mapping to texts; empty when it is absent.
std::map<std::string, std::string> text_map(const Tree& node, std::string_view key);
/// As text_map; a null value is nullopt.
std::map<std::string, std::optional<std::string>> optional_map(const Tree& node, std::string_view key);
/// A boolean; false when it is absent.
bool flag(const Tree& node, std::string_view key);
/// A boolean; nullopt when it is absent.
std::optional<bool> choice(const Tree& node, std::string_view key);
/// An integer; nullopt when it is absent.
std::optional<std::int64_t> integer(const Tree& node, std::string_view key);
/// A canonical count of bytes; nullopt when it is absent.
std::optional<base::ByteSize> byte_size(const Tree& node, std::string_view key);
/// A canonical duration; nullopt when it is absent.
std::optional<base::Duration> duration(const Tree& node, std::string_view key);
/// The words of a command; nullopt when it is absent, which differs from none.
std::optional<std::vector<std::string>> words(const Tree& node, std::string_view key);
/// Octal permissions; nullopt when they are absent.
std::optional<std::uint32_t> file_mode(const Tree& node, std::string_view key);
/// secrets or configs of a service or build.
std::vector<model::FileReference> file_references(const Tree& node, std::string_view key);
/// compose-spec: ulimits
std::map<std::string, model::Ulimit> ulimits(const Tree& node);

}  // namespace compose::load
