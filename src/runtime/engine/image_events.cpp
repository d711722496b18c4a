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

ImageEvent make_event(const image::Progress& progress) {
  ImageEvent event{.kind = ImageEvent::Kind::Progress,
                   .id = progress.id,
                   .current = progress.current,
                   .total = progress.total};
  switch (progress.state) {
    case image::Progress::State::Waiting: event.text = "Waiting"; break;
    case image::Progress::State::Downloading: event.text = "Downloading"; break;
    case image::Progress::State::Unpacking: event.text = "Extracting"; break;
    case image::Progress::State::Uploading: event.text = "Pushing"; break;
    case image::Progress::State::Exists: event.text = "Already exists"; break;
    case image::Progress::State::Done:
      event.kind = ImageEvent::Kind::Done;
      event.text = "Complete";
      break;
  }
  return event;
}

}  // namespace

build::BuildEventSink make_build_sink(const engine_client::ImageEventSink& sink) {
  return [&sink](const build::BuildEvent& event) {
    if (!sink) return;
    sink(ImageEvent{
        .kind = kind_of(event.kind), .id = event.id, .text = event.text, .elapsed = event.elapsed});
  };
}

image::ProgressSink make_progress_sink(const engine_client::ImageEventSink& sink) {
  return [&sink](const image::Progress& progress) {
    if (sink) sink(make_event(progress));
  };
}

}  // namespace runtime::engine
