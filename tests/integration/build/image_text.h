// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "runtime/build/layered_tree.h"
#include "runtime/image/image_config.h"

namespace build_test {

/// Every name below the root: "f 0644 0:0 5 1234abcd" (type, mode, owner, size, start of the content's
/// SHA-256), links with their target, further names of a file with the first one.
std::map<std::string, std::string> list_root(const runtime::build::LayeredTree& tree);

/// What differs in `root` from `base`, a line each; "- name" for what is gone.
std::string root_changes(const std::map<std::string, std::string>& base,
                         const std::map<std::string, std::string>& root);

/// The configuration as sorted lines, without times; histories as "+ " (with a layer) or "  " and the
/// instruction.
std::string config_text(const runtime::image::ImageConfig& config);

}  // namespace build_test
