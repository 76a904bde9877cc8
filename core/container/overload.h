// A visitor made of lambdas. A kind of operator that none of them takes does
// not compile, which is how a new one finds every place that must know it.
#ifndef EDGE_INT8_CORE_CONTAINER_OVERLOAD_H_
#define EDGE_INT8_CORE_CONTAINER_OVERLOAD_H_

namespace edge_int8::core {

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;  // clang 14 needs it

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_OVERLOAD_H_
