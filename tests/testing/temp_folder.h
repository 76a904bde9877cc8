// An empty folder for one test, removed with all that is in it afterwards.
#ifndef EDGE_INT8_TESTS_TESTING_TEMP_FOLDER_H_
#define EDGE_INT8_TESTS_TESTING_TEMP_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

class TempFolder {
 public:
  TempFolder() {
    std::string name = testing::TempDir() + "/edge_int8_XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("can't create " + name);
    }
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

  std::filesystem::path Write(std::string_view name,
                              std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

  // Names of what is in the folder, sorted.
  std::vector<std::string> List() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

 private:
  std::filesystem::path path_;
};

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_TEMP_FOLDER_H_
