// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/image_events.h"

namespace runtime::engine {
namespace {

using engine_client::ImageEvent;

ImageEvent::Kind kind_of(build::BuildEvent::Kind kind) {
  switch (kind) {
    case build::BuildEvent::Kind::Started: return ImageEvent::Kind::Started;
    case build::BuildEvent::Kind::Output: return ImageEvent::Kind::Output;
    case build::BuildEvent::Kind::Cached: return ImageEvent::Kind::Cached;
    case build::BuildEvent::Kind::Done: return ImageEvent::Kind::Done;
    case build::BuildEvent::Kind::Failed: return ImageEvent::Kind::Failed;
    case build::BuildEvent::Kind::Warning: return ImageEvent::Kind::Output;
  }
  return ImageEvent::Kind::Output;
}

/// The words of Docker's own progress, which people know and programs look for.
std::string words_of(const image::Progress& progress, Transfer transfer) {
  switch (progress.state) {
    case image::Progress::State::Waiting: return "Waiting";
    case image::Progress::State::Downloading: return "Downloading";
    case image::Progress::State::Unpacking: return "Extracting";
    case image::Progress::State::Uploading: return "Pushing";
    case image::Progress::State::Exists:
      return transfer == Transfer::Push ? "Layer already exists" : "Already exists";
    case image::Progress::State::Mounted: return "Mounted from " + progress.from;
    case image::Progress::State::Done: break;
  }
  switch (transfer) {
    case Transfer::Pull: return "Pull complete";
    case Transfer::Push: return "Pushed";
    case Transfer::Load: break;
  }
  return "Loaded";
}

ImageEvent make_event(const image::Progress& progress, Transfer transfer) {
  using State = image::Progress::State;
  const bool over =
      progress.state == State::Exists || progress.state == State::Mounted || progress.state == State::Done;
  return {.kind = over ? ImageEvent::Kind::LayerDone : ImageEvent::Kind::Layer,
          .id = progress.id,
          .text = words_of(progress, transfer),
          .current = progress.current,
          .total = progress.total};
}

}  // namespace

build::BuildEventSink make_build_sink(const engine_client::ImageEventSink& sink) {
  return [&sink](const build::BuildEvent& event) {
    if (!sink) return;
    sink(ImageEvent{
        .kind = kind_of(event.kind), .id = event.id, .text = event.text, .elapsed = event.elapsed});
  };
}

image::ProgressSink make_progress_sink(const engine_client::ImageEventSink& sink, Transfer transfer) {
  return [&sink, transfer](const image::Progress& progress) {
    if (sink) sink(make_event(progress, transfer));
  };
}

}  // namespace runtime::engine
