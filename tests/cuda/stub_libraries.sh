#!/usr/bin/env bash
# Libraries of a GPU machine for the linker of a machine without one: they have the names and do nothing. A program linked
# with them finds the real ones where it runs. CUDA's runtime is not among them: nvcc comes with it, in CUDA_HOME.
#
#   tests/cuda/stub_libraries.sh FOLDER [CUDA_MAJOR]      # 13 if not given; needs gcc, python and the crate cudarc
set -euo pipefail
folder=${1:?name a folder} major=${2:-13}
mkdir -p "$folder"
# Without the filter cargo would fetch the crates of all other systems, too.
host=$(rustc -vV | sed -n 's/^host: //p')
manifest=$(dirname "$0")/../../Cargo.toml
sources=$(cargo metadata --format-version 1 --locked --features cuda --filter-platform "$host" --manifest-path "$manifest" |
    python3 -c 'import json, os, sys; print(*[os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"] == "cudarc"])')
# Name, and the number that the system finds it by.
for library in cuda:1 nvrtc:$major cublas:$major cublasLt:$major curand:10; do
    name=${library%:*}
    part=${name,,}
    [ "$part" = cuda ] && part=driver
    grep -oE '^pub unsafe fn [a-zA-Z0-9_]+' "$sources/src/$part/sys/mod.rs" | sort -u | sed -E 's/.* (.*)/void \1(void) {}/' |
        gcc -x c -w -shared -fPIC -Wl,-soname,"lib$name.so.${library#*:}" - -o "$folder/lib$name.so"
done
runtime=$(find -L "${CUDA_HOME:-/usr/local/cuda}" -name "libcudart.so.$major" -print -quit)
[ -n "$runtime" ] || { echo "there is no libcudart.so.$major in CUDA_HOME (${CUDA_HOME:-/usr/local/cuda})" >&2; exit 1; }
ln -sf "$(realpath "$runtime")" "$folder/libcudart.so"
