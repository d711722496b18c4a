// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The labels docker compose puts on what it makes, spelled exactly as it spells them, so that either
/// tool finds the other's projects on a shared engine. Image labels with this prefix are never read
/// for a decision: an image is hostile input.
namespace model::labels {

inline constexpr std::string_view kPrefix = "com.docker.compose.";
inline constexpr std::string_view kProject = "com.docker.compose.project";
inline constexpr std::string_view kService = "com.docker.compose.service";
inline constexpr std::string_view kContainerNumber = "com.docker.compose.container-number";
inline constexpr std::string_view kOneOff = "com.docker.compose.oneoff";  ///< "True" or "False"
inline constexpr std::string_view kSlug = "com.docker.compose.slug";
inline constexpr std::string_view kConfigHash = "com.docker.compose.config-hash";
inline constexpr std::string_view kImage = "com.docker.compose.image";
inline constexpr std::string_view kDependsOn = "com.docker.compose.depends_on";
inline constexpr std::string_view kWorkingDir = "com.docker.compose.project.working_dir";
inline constexpr std::string_view kConfigFiles = "com.docker.compose.project.config_files";
inline constexpr std::string_view kEnvironmentFile = "com.docker.compose.project.environment_file";
inline constexpr std::string_view kVersion = "com.docker.compose.version";
inline constexpr std::string_view kNetwork = "com.docker.compose.network";
inline constexpr std::string_view kVolume = "com.docker.compose.volume";
/// On a volume that nobody named; docker's own label.
inline constexpr std::string_view kAnonymousVolume = "com.docker.volume.anonymous";
inline constexpr std::string_view kReplace = "com.docker.compose.replace";
inline constexpr std::string_view kHook = "com.docker.compose.hook";

}  // namespace model::labels
