// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "compose/plan/images.h"
#include "compose/plan/options.h"
#include "compose/session.h"
#include "model/project.h"

namespace compose {

struct UpOptions {
  plan::ReconcileOptions reconcile;
  plan::ImageOptions images;
};

/// Brings the project up: images, then networks, volumes and containers. With `reconcile.start` false it
/// is `create`.
base::Result<> up(Session& session, const model::Project& project, const UpOptions& options);

}  // namespace compose
