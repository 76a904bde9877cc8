// What the allow-listed names of a pickle make when they are called (REDUCE),
// given a state (BUILD) or looked up (BINPERSID). Used by pickle.cc only.
// Tested by pickle_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_PICKLE_OBJECTS_H_
#define EDGE_INT8_SRC_FORMATS_PICKLE_OBJECTS_H_

#include <string_view>

#include "src/formats/pickle.h"

namespace edge_int8 {

// Thrown with the reason; pickle.cc adds file and byte.
struct PickleRefusal {
  std::string_view reason;
};

// name(*arguments)
PickleValue CallAllowed(const AllowedName& name, const PickleItems& arguments);
// object.__setstate__(state)
void SetPickleState(PickleValue& object, const PickleValue& state);
// A torch storage from its persistent id.
PickleValue FindStorage(const PickleValue& id);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_PICKLE_OBJECTS_H_
