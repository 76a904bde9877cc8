#include "src/export/onnx/onnx_moves.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

using Places = std::array<int64_t, 3>;  // by axis: channels, height, width

Places ExtentsOf(const Extent& e) { return {e.channels, e.height, e.width}; }

Places PlaceOf(int64_t n, const Extent& e) {
  const int64_t image = int64_t{e.height} * e.width;
  return {n / image, n % image / e.width, n % e.width};
}

// Every value of a term by its place in the output.
struct Moved {
  int64_t to;
  int64_t from;
};

void Walk(const MoveTerm& term, std::size_t depth, int64_t from, int64_t to,
          std::vector<Moved>* all) {
  if (depth == term.dims.size()) {
    all->push_back({to, from});
    return;
  }
  const MoveDim& dim = term.dims[depth];
  for (int i = 0; i < dim.extent; ++i) {
    Walk(term, depth + 1, from + i * dim.input_stride,
         to + i * dim.output_stride, all);
  }
}

std::vector<Moved> Values(const MoveTerm& term) {
  std::vector<Moved> all;
  Walk(term, 0, term.input_offset, term.output_offset, &all);
  std::ranges::sort(all, {}, &Moved::to);
  return all;
}

// Axis-aligned places begin + i * step, i < count, of a tensor.
struct Box {
  Places begin = {};
  Places count = {1, 1, 1};
  Places step = {1, 1, 1};

  int64_t size() const { return count[0] * count[1] * count[2]; }
  int64_t At(int64_t n, const Extent& e) const {
    const int64_t h = n / count[2] % count[1];
    const int64_t c = n / count[2] / count[1];
    return ((begin[0] + c * step[0]) * e.height + begin[1] + h * step[1]) *
               e.width +
           begin[2] + n % count[2] * step[2];
  }
};

// The box whose values, in order, are `places`; nothing if there is none.
std::optional<Box> BoxOf(const std::vector<int64_t>& places, const Extent& e) {
  const auto size = static_cast<int64_t>(places.size());
  Box box;
  box.begin = PlaceOf(places[0], e);
  const auto run = [&](std::size_t axis, int64_t stride) {
    const auto at = [&](int64_t i) {
      return PlaceOf(places[AsSize(i * stride)], e);
    };
    if (stride >= size) return;
    box.step[axis] = at(1)[axis] - box.begin[axis];
    if (box.step[axis] <= 0) {
      box.step[axis] = 1;
      return;
    }
    int64_t count = 1;
    Places next = box.begin;
    while (count * stride < size) {
      next[axis] += box.step[axis];
      if (at(count) != next) break;
      ++count;
    }
    box.count[axis] = count;
  };
  run(2, 1);
  run(1, box.count[2]);
  run(0, box.count[2] * box.count[1]);
  if (box.size() != size) return {};
  for (int64_t n = 0; n < size; ++n) {
    if (places[AsSize(n)] != box.At(n, e)) return {};
  }
  return box;
}

class MoveNodes {
 public:
  MoveNodes(OnnxWriter& onnx, const Move& move,
            const std::vector<OnnxTensor>& inputs, const std::string& output)
      : onnx_(onnx), move_(move), inputs_(inputs), output_(output) {
    for (const MoveTerm& term : move.terms) values_.push_back(Values(term));
  }

  std::string Run() {
    int64_t moved = 0;
    for (const auto& values : values_) {
      moved += static_cast<int64_t>(values.size());
    }
    const bool covers = moved == move_.out.size();
    if (move_.terms.size() == 1) {
      if (covers) return Piece(0, output_, ExtentsOf(move_.out));
      if (const auto padded = Padded()) return *padded;
    }
    if (covers) {
      if (const auto joined = Joined()) return *joined;
    }
    return Gathered();
  }

 private:
  const OnnxTensor& InputOf(std::size_t term) const {
    return inputs_[AsSize(move_.terms[term].input)];
  }
  std::string Name(std::string_view what) {
    return fmt::format("{}.{}{}", output_, what, next_++);
  }
  std::string Reshaped(const std::string& x, std::vector<int64_t> extents,
                       const std::string& output) {
    extents.insert(extents.begin(), 0);  // keeps the batch
    return onnx_.Node("Reshape", {x, onnx_.List(Name("shape"), extents)},
                      output);
  }

  // A term's values in the order of the output, as `extents`.
  std::string Piece(std::size_t term, const std::string& output,
                    const Places& extents) {
    const std::vector<int64_t> shape(extents.begin(), extents.end());
    if (const auto turned = Turned(term, output, shape)) return *turned;
    const OnnxTensor& in = InputOf(term);
    std::vector<int64_t> from;
    for (const Moved& m : values_[term]) from.push_back(m.from);
    if (const auto box = BoxOf(from, in.extent)) {
      if (box->count == ExtentsOf(in.extent)) {
        return Reshaped(in.name, shape, output);
      }
      return Reshaped(Sliced(in, *box), shape, output);
    }
    const std::string flat =
        Reshaped(in.name, {in.extent.size()}, Name("flat"));
    return Reshaped(Gather(flat, from), shape, output);
  }

  std::string Sliced(const OnnxTensor& in, const Box& box) {
    std::vector<int64_t> begin, end, axes, steps;
    for (std::size_t a = 0; a < 3; ++a) {
      if (box.count[a] == ExtentsOf(in.extent)[a]) continue;
      begin.push_back(box.begin[a]);
      end.push_back(box.begin[a] + (box.count[a] - 1) * box.step[a] + 1);
      axes.push_back(static_cast<int64_t>(a) + 1);
      steps.push_back(box.step[a]);
    }
    return onnx_.Node(
        "Slice",
        {in.name, onnx_.List(Name("begin"), begin),
         onnx_.List(Name("end"), end), onnx_.List(Name("axes"), axes),
         onnx_.List(Name("steps"), steps)},
        Name("slice"));
  }

  std::string Gather(const std::string& flat,
                     const std::vector<int64_t>& places) {
    return onnx_.Node("Gather", {flat, onnx_.List(Name("places"), places)},
                      Name("gather"), {{"axis", int64_t{1}}});
  }

  // The whole input with its axes split, turned and merged: its dimensions, by
  // falling input stride, are a dense array, and so is the output.
  std::optional<std::string> Turned(std::size_t term, const std::string& output,
                                    const std::vector<int64_t>& shape) {
    const MoveTerm& t = move_.terms[term];
    const OnnxTensor& in = InputOf(term);
    if (t.input_offset != 0 || move_.terms.size() != 1) return {};
    std::vector<MoveDim> dims = t.dims;
    std::erase_if(dims, [](const MoveDim& d) { return d.extent == 1; });
    const auto dense = [&](int64_t MoveDim::*stride, int64_t size) {
      std::ranges::sort(dims, std::greater<>(), stride);
      for (const MoveDim& d : dims) {
        if (size % d.extent != 0 || d.*stride != size / d.extent) return false;
        size /= d.extent;
      }
      return size == 1;
    };
    if (!dense(&MoveDim::output_stride, move_.out.size())) return {};
    const std::vector<MoveDim> result = dims;
    if (!dense(&MoveDim::input_stride, in.extent.size())) return {};
    std::vector<int64_t> extents, order = {0};
    bool same = true;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      extents.push_back(dims[i].extent);
      const auto at = std::ranges::find(dims, result[i].input_stride,
                                        &MoveDim::input_stride);
      order.push_back(at - dims.begin() + 1);
      same = same && order.back() == static_cast<int64_t>(i) + 1;
    }
    if (same) return Reshaped(in.name, shape, output);
    return Reshaped(
        onnx_.Node("Transpose", {Reshaped(in.name, extents, Name("split"))},
                   Name("turned"), {{"perm", order}}),
        shape, output);
  }

  // The input as it is, with a border.
  std::optional<std::string> Padded() {
    const OnnxTensor& in = InputOf(0);
    std::vector<int64_t> to;
    for (std::size_t n = 0; n < values_[0].size(); ++n) {
      if (values_[0][n].from != static_cast<int64_t>(n)) return {};
      to.push_back(values_[0][n].to);
    }
    const auto box = BoxOf(to, move_.out);
    const Places extents = ExtentsOf(in.extent), out = ExtentsOf(move_.out);
    if (!box || box->count != extents) return {};
    std::vector<int64_t> pads(8);
    for (std::size_t a = 0; a < 3; ++a) {
      if (box->count[a] > 1 && box->step[a] != 1) return {};
      pads[a + 1] = box->begin[a];
      pads[a + 5] = out[a] - extents[a] - box->begin[a];
    }
    return onnx_.Node("Pad", {in.name, onnx_.List(Name("pads"), pads), Fill()},
                      output_);
  }

  std::string Fill() {
    return onnx_.Constant(Name("fill"), {},
                          std::span<const float>(&move_.fill, 1));
  }

  // The terms side by side along an axis.
  std::optional<std::string> Joined() {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const Places out = ExtentsOf(move_.out);
      // In order along the axis: where each begins and how long it is.
      std::vector<std::pair<Box, std::size_t>> boxes;
      for (std::size_t t = 0; t < values_.size(); ++t) {
        std::vector<int64_t> to;
        for (const Moved& m : values_[t]) to.push_back(m.to);
        const auto box = BoxOf(to, move_.out);
        if (!box) return {};
        boxes.emplace_back(*box, t);
      }
      const bool whole = std::ranges::all_of(boxes, [&](const auto& item) {
        const Box& box = item.first;
        for (std::size_t a = 0; a < 3; ++a) {
          if (a != axis && box.count[a] != out[a]) return false;
          if (box.count[a] > 1 && box.step[a] != 1) return false;
        }
        return true;
      });
      if (!whole) continue;
      std::ranges::sort(
          boxes, {}, [&](const auto& item) { return item.first.begin[axis]; });
      std::vector<std::string> pieces;
      for (const auto& [box, term] : boxes) {
        pieces.push_back(Whole(term, box.count)
                             ? InputOf(term).name
                             : Piece(term, Name("piece"), box.count));
      }
      return onnx_.Node("Concat", pieces, output_,
                        {{"axis", static_cast<int64_t>(axis) + 1}});
    }
    return {};
  }

  // Whether a term's piece is its input as it is.
  bool Whole(std::size_t term, const Places& extents) const {
    if (ExtentsOf(InputOf(term).extent) != extents) return false;
    for (std::size_t n = 0; n < values_[term].size(); ++n) {
      if (values_[term][n].from != static_cast<int64_t>(n)) return false;
    }
    return true;
  }

  // One value of `fill` behind all values of all inputs, then each place.
  std::string Gathered() {
    std::vector<int64_t> first;
    std::vector<std::string> flat;
    int64_t size = 0;
    for (const OnnxTensor& in : inputs_) {
      first.push_back(size);
      size += in.extent.size();
      flat.push_back(Reshaped(in.name, {in.extent.size()}, Name("flat")));
    }
    std::string all = flat.size() == 1 ? flat[0]
                                       : onnx_.Node("Concat", flat, Name("all"),
                                                    {{"axis", int64_t{1}}});
    all =
        onnx_.Node("Pad", {all, onnx_.List(Name("pads"), {0, 0, 0, 1}), Fill()},
                   Name("filled"));
    std::vector<int64_t> places(AsSize(move_.out.size()), size);
    for (std::size_t t = 0; t < values_.size(); ++t) {
      for (const Moved& m : values_[t]) {
        places[AsSize(m.to)] = first[AsSize(move_.terms[t].input)] + m.from;
      }
    }
    return Reshaped(Gather(all, places),
                    {move_.out.channels, move_.out.height, move_.out.width},
                    output_);
  }

  OnnxWriter& onnx_;
  const Move& move_;
  const std::vector<OnnxTensor>& inputs_;
  const std::string& output_;
  std::vector<std::vector<Moved>> values_;  // by term
  int next_ = 0;
};

}  // namespace

std::string OnnxMove(OnnxWriter& onnx, const Move& move,
                     const std::vector<OnnxTensor>& inputs,
                     const std::string& output) {
  return MoveNodes(onnx, move, inputs, output).Run();
}

}  // namespace edge_int8
