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

// Parts, one a file.
void decode_service(const Entry& entry, const Path& path, const LoadContext& context,
                    model::Service& service);
void decode_mounts(const Tree& node, const Path& path, const LoadContext& context, model::Service& service);
void decode_networking(const Tree& node, const Path& path, const LoadContext& context,
                       model::Service& service);
void decode_resources(const Tree& node, const Path& path, const LoadContext& context,
                      model::Service& service);
void decode_lifecycle(const Tree& node, const Path& path, const LoadContext& context,
                      model::Service& service);
std::optional<model::ServiceBuild> decode_build(const Tree& service);
/// Attributes that an engine may lack: see model::Service::set_attributes.
void list_set_attributes(const Tree& node, model::Service& service);

// Readers of canonical values; absent gives the empty value.
std::vector<std::string> text_list(const Tree& node, std::string_view key);
std::map<std::string, std::string> text_map(const Tree& node, std::string_view key);
std::map<std::string, std::optional<std::string>> optional_map(const Tree& node, std::string_view key);
bool flag(const Tree& node, std::string_view key);
std::optional<bool> choice(const Tree& node, std::string_view key);
std::optional<std::int64_t> integer(const Tree& node, std::string_view key);
std::optional<base::ByteSize> byte_size(const Tree& node, std::string_view key);
std::optional<base::Duration> duration(const Tree& node, std::string_view key);
std::optional<std::vector<std::string>> words(const Tree& node, std::string_view key);
std::string text(const Tree& node, std::string_view key);
std::optional<std::uint32_t> file_mode(const Tree& node, std::string_view key);
std::vector<model::FileReference> file_references(const Tree& node, std::string_view key);
std::map<std::string, model::Ulimit> ulimits(const Tree& node);

}  // namespace compose::load
