#!/usr/bin/env bash
# Everything about CUDA that needs a GPU, on a machine with nvcc and, for the comparison, python with torch. No network, no
# Rust. Writes a report: tests/cuda/report.md, or the file that REPORT names.
#
#   tests/cuda/on_gpu.sh          kernels by nvcc, against the f64 oracle; compute-sanitizer; times beside torch
#   RKV_TESTS=FILE                also the test executable `cuda` of a build with `--features cuda`, carried here
#   RKV_SCOPE=FILE                also `bench decode --random-weights` of a release build with `--features cuda`
#   QUICK=1                       kernels against the oracle and nothing else: within a minute or two
#
# The two executables are built where Rust and nvcc are, for the architecture of the GPU; no GPU is needed for that:
#   export CUDARC_CUDA_VERSION=13000 CUDA_COMPUTE_CAP=90        # and CUDA_HOME, for an nvcc that is not in /usr/local/cuda
#   cargo build --release --no-default-features --features cuda
#   cargo test --release --no-default-features --features cuda --test cuda --no-run
# nvcc also comes from PyPI: nvidia-cuda-nvcc, nvidia-nvvm, nvidia-cuda-crt, nvidia-cuda-runtime and nvidia-cuda-cccl, all
# 13.0.*; CUDA_HOME is then site-packages/nvidia/cu13. For the libraries that the linker then misses:
# tests/cuda/stub_libraries.sh FOLDER, and LIBRARY_PATH=FOLDER for the builds. The two share most of their
# contents, so that one archive of both is hardly larger than one of either: tar c FILES | xz --lzma2=preset=9,dict=256MiB
#
# Eight minutes at most. Each step has its own limit; one that runs out or fails is reported, and the rest goes on.
set -uo pipefail
# Paths are meant from where the script was called.
for name in RKV_TESTS RKV_SCOPE REPORT BUILD CUDA_HOME; do
    [ -z "${!name:-}" ] || export "$name=$(realpath -m "${!name}")"
done
for program in ${RKV_TESTS:+"$RKV_TESTS"} ${RKV_SCOPE:+"$RKV_SCOPE"}; do
    [ -x "$program" ] || { echo "$program is not a program that can be run" >&2; exit 2; }
done
cd "$(dirname "$0")"
here=$PWD
build=${BUILD:-/tmp/rkv-scope-on-gpu}
report=${REPORT:-$here/report.md}
mkdir -p "$build" "$(dirname "$report")"
started=$SECONDS
failures=0

for folder in "${CUDA_HOME:-/usr/local/cuda}" /usr/local/cuda; do
    [ -x "$folder/bin/nvcc" ] && PATH=$folder/bin:$PATH && export LD_LIBRARY_PATH=$folder/lib64:$folder/lib:${LD_LIBRARY_PATH:-} && break
done
# A binary built with candle's CUDA back end finds its libraries here where the toolkit's are not installed.
for folder in $(python3 -c 'import glob, site; print(*[f for s in site.getsitepackages() for f in glob.glob(s + "/nvidia/*/lib")])' 2>/dev/null); do
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}:$folder
done
command -v nvcc >/dev/null || { echo "there is no nvcc; set CUDA_HOME" >&2; exit 2; }
nvidia-smi -L >/dev/null 2>&1 || { echo "there is no GPU (nvidia-smi -L fails)" >&2; exit 2; }
architecture=sm_$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)

# Each argument a line.
say() { printf '%s\n' "$@" | tee -a "$report"; }
# step LIMIT TITLE COMMAND...: runs it, with its output in the report.
step() {
    local limit=$1 title=$2 log from=$SECONDS code=0 left=$((470 - (SECONDS - started)))
    shift 2
    log=$build/step.log
    if [ "$left" -lt 10 ]; then
        failures=$((failures + 1))
        say "" "## $title" "" "**Not run**: the eight minutes are over."
        return 1
    fi
    [ "$limit" -le "$left" ] || limit=$left
    timeout -k 5 "$limit" "$@" >"$log" 2>&1 || code=$?
    say "" "## $title"
    say ""
    if [ "$code" = 0 ]; then
        say "Passed in $((SECONDS - from)) s."
    else
        failures=$((failures + 1))
        say "**Failed** with code $code after $((SECONDS - from)) s$([ "$code" = 124 ] && echo " (its limit of $limit s ran out)")."
    fi
    say ""
    say '```'
    tail -n 60 "$log" | tee -a "$report"
    say '```'
    return "$code"
}

: >"$report"
say "# rkv-scope on a GPU"
say ""
card=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | head -1)
say "$card; $architecture; $(nvcc --version | grep -o 'release [0-9.]*'); commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"

compile() {
    local jobs=() source
    for source in ../../kernels/*.cu; do
        nvcc -std=c++17 -O3 -arch="$architecture" -Xcompiler -fPIC -lineinfo -I. -include cuda_on_gpu.h -c "$source" \
            -o "$build/$(basename "$source" .cu).o" &
        jobs+=($!)
    done
    nvcc -std=c++17 -O2 -arch="$architecture" -Xcompiler -fPIC -c backend_cuda.cu -o "$build/backend_cuda.o" &
    jobs+=($!)
    g++ -std=c++17 -O2 -c check.cpp -o "$build/check.o" &
    jobs+=($!)
    for job in "${jobs[@]}"; do wait "$job" || return 1; done
    local kernels
    kernels=$(ls "$build"/*.o | grep -v /check.o)
    # shellcheck disable=SC2086
    nvcc -arch="$architecture" $kernels "$build/check.o" -o "$build/check" &&
        nvcc -arch="$architecture" -shared $kernels -o "$build/libkernels.so"
}

# Some GPUs and virtual machines are none that it supports; that says nothing about the kernels.
sanitizer_works() {
    echo '__global__ void nothing() {} int main() { nothing<<<1, 1>>>(); return cudaDeviceSynchronize(); }' >"$build/probe.cu"
    nvcc -arch="$architecture" "$build/probe.cu" -o "$build/probe" &&
        timeout 30 compute-sanitizer --error-exitcode 9 "$build/probe"
}

# A function that src/kernels/cuda/libraries.rs does not list would bring its library back.
needs_no_library() {
    local needed
    needed=$(readelf -d "$RKV_SCOPE") || return 1
    ! grep -E 'NEEDED.*lib(cuda|cudart|cublas|curand|nvrtc)' <<<"$needed"
}

export -f compile needs_no_library
export build architecture
# What is carried here needs no kernel built here, and nothing below starves what stands above it.
step 150 "Kernels built by nvcc for $architecture" bash -c compile && built=1 || built=
[ -z "$built" ] || step 60 "Kernels against the f64 oracle" "$build/check"
if [ -z "${QUICK:-}" ]; then
    if [ -n "${RKV_TESTS:-}" ]; then
        step 90 "Back-end tests on the device" env REQUIRE_GPU=1 RKV_GOLDEN_DIR="$here/../golden" RUST_BACKTRACE=1 "$RKV_TESTS" on_gpu --test-threads 1
    else
        say "" "RKV_TESTS is not set: the program's own back end was **not tested**."
    fi
    if [ -n "${RKV_SCOPE:-}" ]; then
        step 10 "The program is not linked with CUDA's libraries" bash -c needs_no_library
        for shape in qwen3-0.6b r1-distill-llama-8b; do
            step 120 "Decoding, $shape" "$RKV_SCOPE" bench decode --random-weights "$shape"
        done
    else
        say "" "RKV_SCOPE is not set: decoding was **not measured**."
    fi
    if [ -z "$built" ]; then
        say "" "The kernels were not built: times and compute-sanitizer were **not run**."
    else
        if timeout 60 python3 -c 'import torch' 2>/dev/null; then
            step 90 "Times beside torch" python3 timings.py "$build/libkernels.so"
        else
            say "" "python has no torch, or takes a minute to find it: times were **not measured**."
        fi
        if ! command -v compute-sanitizer >/dev/null; then
            say "" "compute-sanitizer is not installed: **not run**."
        elif ! sanitizer_works >"$build/probe.log" 2>&1 || grep -qi 'not supported' "$build/probe.log"; then
            say "" "compute-sanitizer does not work on this machine: **not run**. Of a kernel that does nothing it says:" "" \
                "$(grep -im1 'error\|support' "$build/probe.log" || tail -n 1 "$build/probe.log")"
        else
            for tool in memcheck racecheck; do
                step 75 "compute-sanitizer $tool" compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/check" small
            done
        fi
    fi
fi
say "" "$failures failed; all of it took $((SECONDS - started)) s."
[ "$failures" = 0 ]
