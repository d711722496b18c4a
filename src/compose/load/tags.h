// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compose/load/tree.h"

namespace compose::load {

/// Keys from the root down to a value tagged !reset or !override.
using TaggedPath = std::vector<std::string>;

/// Takes the tags off `root`: values tagged !reset go away, those tagged !override stay. Returns where
/// they stood. Tags inside lists are dropped: an item of a list cannot be addressed.
std::vector<TaggedPath> take_tags(Tree& root);

/// Removes from the model of earlier files what a later file reset or overrides.
void remove_tagged(const std::vector<TaggedPath>& paths, Tree& earlier);

}  // namespace compose::load
