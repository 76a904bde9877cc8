#include "src/export/move_forms.h"

#include <algorithm>
#include <functional>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

Places PlaceOf(int64_t n, const Extent& e) {
  const int64_t image = int64_t{e.height} * e.width;
  return {n / image, n % image / e.width, n % e.width};
}

void Walk(const MoveTerm& term, std::size_t depth, int64_t from, int64_t to,
          std::vector<MovedValue>* all) {
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

}  // namespace

std::vector<MovedValue> MovedValues(const MoveTerm& term) {
  std::vector<MovedValue> all;
  Walk(term, 0, term.input_offset, term.output_offset, &all);
  std::ranges::sort(all, {}, &MovedValue::to);
  return all;
}

bool AreInOrder(const std::vector<MovedValue>& values, int64_t size) {
  if (static_cast<int64_t>(values.size()) != size) return false;
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (values[n].from != static_cast<int64_t>(n)) return false;
  }
  return true;
}

int64_t Box::At(int64_t n, const Extent& e) const {
  const int64_t h = n / count[2] % count[1];
  const int64_t c = n / count[2] / count[1];
  return ((begin[0] + c * step[0]) * e.height + begin[1] + h * step[1]) *
             e.width +
         begin[2] + n % count[2] * step[2];
}

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

// Its dimensions, by falling stride, are a dense array in the input and another
// in the output.
std::optional<Turn> FindTurn(const Move& move, const Extent& in) {
  if (move.terms.size() != 1 || move.terms[0].input_offset != 0) return {};
  std::vector<MoveDim> dims = move.terms[0].dims;
  std::erase_if(dims, [](const MoveDim& d) { return d.extent == 1; });
  const auto dense = [&](int64_t MoveDim::*stride, int64_t size) {
    std::ranges::sort(dims, std::greater<>(), stride);
    for (const MoveDim& d : dims) {
      if (size % d.extent != 0 || d.*stride != size / d.extent) return false;
      size /= d.extent;
    }
    return size == 1;
  };
  if (!dense(&MoveDim::output_stride, move.out.size())) return {};
  const std::vector<MoveDim> result = dims;
  if (!dense(&MoveDim::input_stride, in.size())) return {};
  Turn turn;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    turn.extents.push_back(dims[i].extent);
    const auto at =
        std::ranges::find(dims, result[i].input_stride, &MoveDim::input_stride);
    turn.order.push_back(at - dims.begin());
  }
  if (std::ranges::is_sorted(turn.order)) turn.order.clear();
  return turn;
}

std::optional<Join> FindJoin(
    const Move& move, const std::vector<std::vector<MovedValue>>& values) {
  const Places out = PlacesOf(move.out);
  // By term: where it lies in the output.
  std::vector<Box> boxes;
  for (const std::vector<MovedValue>& moved : values) {
    std::vector<int64_t> to;
    for (const MovedValue& m : moved) to.push_back(m.to);
    const std::optional<Box> box = BoxOf(to, move.out);
    if (!box) return {};
    boxes.push_back(*box);
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const bool whole = std::ranges::all_of(boxes, [&](const Box& box) {
      for (std::size_t a = 0; a < 3; ++a) {
        if (a != axis && box.count[a] != out[a]) return false;
        if (box.count[a] > 1 && box.step[a] != 1) return false;
      }
      return true;
    });
    if (!whole) continue;
    Join join{static_cast<int>(axis), {}};
    for (std::size_t t = 0; t < boxes.size(); ++t) {
      join.parts.push_back({t, boxes[t].count});
    }
    std::ranges::sort(join.parts, {}, [&](const Join::Part& part) {
      return boxes[part.term].begin[axis];
    });
    return join;
  }
  return {};
}

}  // namespace edge_int8
