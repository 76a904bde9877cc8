# Run at build time: writes OUTPUT, a .cc that holds the text of each of FILES
# (separated by commas) by its file name, for src/export/mcu_sources.h.
cmake_policy(VERSION 3.25)
string(REPLACE "," ";" files "${FILES}")
set(entries "")
foreach(file ${files})
  file(READ ${file} text)
  get_filename_component(name ${file} NAME)
  string(APPEND entries "    {\"${name}\", R\"EI8TEXT(${text})EI8TEXT\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"src/export/mcu_sources.h\"

namespace edge_int8 {

const std::map<std::string, std::string>& McuSources() {
  static const std::map<std::string, std::string> sources = {
${entries}  };
  return sources;
}

}  // namespace edge_int8
")
