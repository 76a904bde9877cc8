#!/usr/bin/env bash
# Builds an exported model for an emulated target and checks it there:
#
#   apps/mcu/targets/run.sh cortex-m4|cortex-m33|cortex-m55|rv32imc|aarch64 EXPORT_FOLDER
#
# Prints one line of key=value: flash bytes (model and start-up code, no golden
# vectors), the windows checked, those that were wrong, instructions of a run
# (counts of an emulator, not time), bytes of input, arena and stack. Exits 0
# when every window gave its golden output, 77 when a tool is missing.
set -euo pipefail

target=$1
model=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
prefix=$(basename "$model"/include/*.h .h)
icount=(-icount shift=0 -display none -monitor none -serial none -nic none
  -chardev stdio,id=console
  -semihosting-config enable=on,target=native,chardev=console)

case $target in
  cortex-m4)
    tools=arm-none-eabi
    flags=(-mcpu=cortex-m4 -mthumb -mfloat-abi=soft)
    source=cortex_m
    emulator=(qemu-system-arm -M mps2-an386 "${icount[@]}")
    ;;
  cortex-m33)
    tools=arm-none-eabi
    flags=(-mcpu=cortex-m33 -mthumb -mfloat-abi=soft)
    source=cortex_m
    script=cortex_m33
    emulator=(qemu-system-arm -M mps2-an505 "${icount[@]}")
    ;;
  cortex-m55)
    tools=arm-none-eabi
    flags=(-mcpu=cortex-m55 -mthumb -mfloat-abi=hard)
    source=cortex_m
    script=cortex_m55
    emulator=(qemu-system-arm -M mps3-an547 "${icount[@]}")
    ;;
  rv32imc)
    tools=riscv64-unknown-elf
    flags=(-march=rv32imc -mabi=ilp32)
    source=riscv32
    emulator=(qemu-system-riscv32 -M virt -bios none "${icount[@]}")
    ;;
  aarch64)
    tools=aarch64-linux-gnu
    flags=(-mcpu=cortex-a53 -static -fno-pie -no-pie)
    source=aarch64
    emulator=(qemu-system-aarch64 -M virt -cpu cortex-a53 "${icount[@]}")
    ;;
  *)
    echo "run.sh: unknown target '$target'" >&2
    exit 2
    ;;
esac
for tool in "$tools-gcc" "${emulator[0]}"; do
  if ! command -v "$tool" >/dev/null; then
    echo "run.sh: $tool is not installed" >&2
    exit 77
  fi
done

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
for file in measure.c size_only.c; do
  sed -e "s/ei8\.h/$prefix.h/; s/ei8_/${prefix}_/g; s/EI8_/${prefix^^}_/g" \
    "$here/$file" >"$build/$file"
done

# Objects once, linked twice.
(cd "$build" && "$tools-gcc" -c -std=c99 -O2 \
  -Wall -Wextra -Wpedantic -Wconversion -Werror "${flags[@]}" \
  -ffreestanding -fno-strict-aliasing -fno-stack-protector \
  -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
  -I"$here" -I"$model/include" -I"$model/src" -I"$model/check" \
  "$here/$source.c" "$here/bare_metal.c" measure.c size_only.c \
  "$model"/src/*.c "$model"/check/"$prefix"_golden*.c)
link() {
  "$tools-gcc" "${flags[@]}" -nostdlib -nostartfiles -Wl,--gc-sections \
    -Wl,--build-id=none -Wl,--no-warn-rwx-segments -T "$here/${script:-$source}.ld" "$@" \
    "$build/$source.o" "$build/bare_metal.o" "$build/$prefix"_*.o -lgcc
}
link -o "$build/size.elf" "$build/size_only.o"
link -o "$build/measure.elf" "$build/measure.o"
flash=$("$tools-size" "$build/size.elf" | awk 'NR == 2 {print $1 + $2}')
printf 'target=%s flash=%s ' "$target" "$flash"
code=0
timeout 300 "${emulator[@]}" -kernel "$build/measure.elf" || code=$?
echo
exit "$code"
