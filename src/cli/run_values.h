// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compose/load/file_source.h"
#include "model/service.h"

namespace cli {

/// `run --publish`: "[ip:][host:]container[/protocol]".
base::Result<model::ServicePort> parse_publish(std::string_view text);
/// `run --volume`: "source:target[:ro]", or a target alone. A relative source is below `folder`.
base::Result<model::MountSpec> parse_volume(std::string_view text, const std::string& folder);
/// Words as a shell splits them: quotes and backslashes, nothing expanded.
base::Result<std::vector<std::string>> split_words(std::string_view text);
/// `run --env-from-file`: "K=V" lines of these files, comments and blank lines left out.
base::Result<std::vector<std::string>> read_env_files(const std::vector<std::string>& paths,
                                                      const compose::load::FileSource& files,
                                                      const std::string& folder);

}  // namespace cli
