#include "src/export/onnx/onnx_moves.h"

#include <fmt/format.h>

#include <optional>

#include "src/base/as_size.h"
#include "src/export/move_forms.h"

namespace edge_int8 {
namespace {

class MoveNodes {
 public:
  MoveNodes(OnnxWriter& onnx, const Move& move,
            const std::vector<OnnxTensor>& inputs, const std::string& output)
      : onnx_(onnx), move_(move), inputs_(inputs), output_(output) {
    for (const MoveTerm& term : move.terms)
      values_.push_back(MovedValues(term));
  }

  std::string Run() {
    int64_t moved = 0;
    for (const auto& values : values_) {
      moved += static_cast<int64_t>(values.size());
    }
    const bool covers = moved == move_.out.size();
    if (move_.terms.size() == 1) {
      if (covers) return Piece(0, output_, PlacesOf(move_.out));
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
    for (const MovedValue& m : values_[term]) from.push_back(m.from);
    if (const auto box = BoxOf(from, in.extent)) {
      if (box->count == PlacesOf(in.extent)) {
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
      if (box.count[a] == PlacesOf(in.extent)[a]) continue;
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

  // The whole input with its axes split, turned and merged.
  std::optional<std::string> Turned(std::size_t term, const std::string& output,
                                    const std::vector<int64_t>& shape) {
    const OnnxTensor& in = InputOf(term);
    const std::optional<Turn> turn = FindTurn(move_, in.extent);
    if (!turn) return {};
    if (turn->order.empty()) return Reshaped(in.name, shape, output);
    std::vector<int64_t> order = {0};
    for (const int64_t axis : turn->order) order.push_back(axis + 1);
    return Reshaped(
        onnx_.Node("Transpose",
                   {Reshaped(in.name, turn->extents, Name("split"))},
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
    const Places extents = PlacesOf(in.extent), out = PlacesOf(move_.out);
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
    const std::optional<Join> join = FindJoin(move_, values_);
    if (!join) return {};
    std::vector<std::string> pieces;
    for (const auto& [term, extents] : join->parts) {
      const OnnxTensor& in = InputOf(term);
      const bool whole = PlacesOf(in.extent) == extents &&
                         AreInOrder(values_[term], in.extent.size());
      pieces.push_back(whole ? in.name : Piece(term, Name("piece"), extents));
    }
    return onnx_.Node("Concat", pieces, output_,
                      {{"axis", int64_t{join->axis} + 1}});
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
      for (const MovedValue& m : values_[t]) {
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
  std::vector<std::vector<MovedValue>> values_;  // by term
  int next_ = 0;
};

}  // namespace

std::string OnnxMove(OnnxWriter& onnx, const Move& move,
                     const std::vector<OnnxTensor>& inputs,
                     const std::string& output) {
  return MoveNodes(onnx, move, inputs, output).Run();
}

}  // namespace edge_int8
