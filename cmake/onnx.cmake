# edge_int8_onnx_messages: ONNX's protobuf messages alone. edge_int8_onnx_checker:
# its checker and schemas as well, for tests. Debian 12 calls the targets onnx and
# onnx_proto, Debian 13 puts them into the namespace ONNX.
find_package(Protobuf REQUIRED)
find_package(ONNX REQUIRED)

add_library(edge_int8_onnx_messages INTERFACE)
add_library(edge_int8_onnx_checker INTERFACE)
if(TARGET ONNX::onnx_proto)
  target_link_libraries(edge_int8_onnx_messages INTERFACE ONNX::onnx_proto
    protobuf::libprotobuf)
  target_link_libraries(edge_int8_onnx_checker INTERFACE ONNX::onnx)
else()
  target_link_libraries(edge_int8_onnx_messages INTERFACE onnx_proto
    protobuf::libprotobuf)
  target_link_libraries(edge_int8_onnx_checker INTERFACE onnx)
endif()
