# Run at build time: writes OUTPUT, a .cc that defines FUNCTION of HEADER, which
# returns the text of each of FILES (separated by commas) by its file name.
cmake_policy(VERSION 3.25)
string(REPLACE "," ";" files "${FILES}")
set(entries "")
foreach(file ${files})
  file(READ ${file} text)
  get_filename_component(name ${file} NAME)
  string(APPEND entries "    {\"${name}\", R\"EI8TEXT(${text})EI8TEXT\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace edge_int8 {

const std::map<std::string, std::string>& ${FUNCTION}() {
  static const std::map<std::string, std::string> texts = {
${entries}  };
  return texts;
}

}  // namespace edge_int8
")
