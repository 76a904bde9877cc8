// Assembles the live page: one HTML file with its style, its scripts, the two
// modules of the engine, a model and ten seconds of CSI. Run by CMakeLists.txt;
// the result is tested by live_page_test.mjs.
//
//   assemble_page OUT PAGE_FOLDER PACKAGE_FOLDER MODULE_FOLDER MODEL.ei8
//       CSI_WINDOWS.npy FIRST_WINDOW VERSION
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "src/base/base64.h"
#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/output_file.h"
#include "src/formats/npy.h"
#include "src/report/page_shell.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

constexpr int kDemoWindows = 100;  // ten seconds
// Of the demo's values: finer steps are the simulated receiver's noise.
constexpr float kDemoSteps = 63;

// In this order; each may use what stands before it.
constexpr const char* kScripts[] = {
    "npy_file.js",     "csi_lines.js",   "packet_clock.js", "engine_client.js",
    "pose_picture.js", "charts_live.js", "recorder.js",     "sources.js",
    "app.js",          "video.js",       "controls.js"};

std::string ReadText(const fs::path& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()),
          file.bytes().size()};
}

// A gzip member, which DecompressionStream reads.
std::vector<std::byte> Gzip(std::span<const std::byte> bytes) {
  z_stream stream = {};
  constexpr int kGzipWindow = 15 + 16;
  Check(deflateInit2(&stream, 9, Z_DEFLATED, kGzipWindow, 9,
                     Z_DEFAULT_STRATEGY) == Z_OK,
        "zlib can't start");
  std::vector<std::byte> out(deflateBound(&stream, bytes.size()));
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  Check(ended == Z_STREAM_END, "zlib can't end");
  return out;
}

// Windows follow each other: [packet][channel] of ten seconds, channel by
// channel as differences in time, which deflate better.
std::vector<std::byte> DemoPackets(const fs::path& path, int64_t first) {
  const MappedNpy npy(path);
  npy.view().ExpectShape({-1, -1, -1});
  const Shape& shape = npy.view().shape();
  Check(first + kDemoWindows <= shape[0], "too few windows for the demo");
  const std::span<const float> values = npy.view().Values<float>();
  std::vector<std::byte> steps;
  for (int64_t c = 0; c < shape[1]; ++c) {
    int before = 0;
    for (int64_t w = first; w < first + kDemoWindows; ++w) {
      for (int64_t t = 0; t < shape[2]; ++t) {
        const float value =
            values[static_cast<std::size_t>((w * shape[1] + c) * shape[2] + t)];
        const int step = static_cast<int>(
            std::lround(std::clamp(value, 0.0f, 1.0f) * kDemoSteps));
        steps.push_back(static_cast<std::byte>(step - before));
        before = step;
      }
    }
  }
  return steps;
}

std::string DataElement(std::string_view id, std::span<const std::byte> bytes) {
  return fmt::format("<script type=\"text/plain\" id=\"{}\">{}</script>\n", id,
                     Base64(Gzip(bytes)));
}

// A module as a classic script: what it exports is simply there.
std::string WithoutExports(std::string text) {
  for (std::size_t at = 0;
       (at = text.find("\nexport ", at)) != std::string::npos;) {
    text.erase(at + 1, 7);
  }
  return text;
}

void Assemble(const std::vector<std::string>& arguments) {
  const fs::path page = arguments[1], modules = arguments[3];
  std::string script = "\"use strict\";\n(() => {\n";
  for (const char* name : kScripts) script += ReadText(page / name);
  script += "})();\n";
  const std::string worker =
      "\"use strict\";\n" +
      WithoutExports(ReadText(fs::path(arguments[2]) / "model.mjs")) +
      ReadText(page / "engine_worker.js");
  const auto element = [](const std::string& id, const fs::path& path) {
    return DataElement(id, MappedFile(path).bytes());
  };
  const std::string data =
      DataElement("worker", std::as_bytes(std::span(worker))) +
      element("simd128", modules / "edge_int8_simd128.wasm") +
      element("relaxed_simd", modules / "edge_int8_relaxed_simd.wasm") +
      element("demo-model", arguments[4]) +
      DataElement("demo-csi",
                  DemoPackets(arguments[5], std::stoll(arguments[6])));
  const std::string style = ReadText(page / "live.css");
  const std::string html = FillTemplate(
      ReadText(page / "live.html"),
      {{"policy",
        fmt::format("default-src 'none'; img-src data: blob:; media-src blob:; "
                    "connect-src ws: wss:; worker-src blob:; style-src {}; "
                    "script-src 'wasm-unsafe-eval' {}",
                    HashSource(style), HashSource(script))},
       {"version", arguments[7]},
       {"style", style},
       {"data", data},
       {"script", script}});
  WriteFile(arguments[0], html, IfExists::kReplace);
}

}  // namespace
}  // namespace edge_int8

int main(int argc, char** argv) {
  try {
    if (argc != 9) edge_int8::FailUsage("eight arguments (assemble_page.cc)");
    edge_int8::Assemble({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "assemble_page: {}\n", error.what());
    return 1;
  }
}
