#include "src/formats/npz_writer.h"

#include "src/formats/stored_zip.h"

namespace edge_int8 {

void WriteNpz(const std::filesystem::path& path, const NpzMembers& members,
              IfExists if_exists) {
  CheckOutputPath(path, if_exists);
  ZipMembers files;
  for (const auto& [name, bytes] : members) {
    files.emplace_back(name + ".npy", bytes);
  }
  WriteFile(path, StoredZip(files), if_exists);
}

}  // namespace edge_int8
