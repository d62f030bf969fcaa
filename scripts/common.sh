# Shared by the scripts: what a machine needs, and where things go. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# A script's help is the comment that it opens with.
usage() { sed -n '1d; /^#/!q; s/^# //p' "scripts/$(basename "$0")"; }
misused() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; usage >&2; exit 2; }
case ${1:-} in --help | -h) usage; exit ;; esac

# Pinned: the ONNX Runtime that trkx is tested with (1.23 or newer works).
ONNXRUNTIME_VERSION=1.32.0
ONNXRUNTIME_CUDA_VERSION=1.31.1 # of the package onnxruntime-gpu, which lags behind; for CUDA 13
ONNXRUNTIME_DIR=.deps/onnxruntime

# Pinned: Thrust and libcu++ for the tests of gpu/, where there is no CUDA toolkit.
CCCL_VERSION=13.0.85
CCCL_DIR=.deps/cccl

BUILD_PACKAGES="gcc g++ cmake ninja-build pkg-config zlib1g-dev libdeflate-dev libjansson-dev libmd-dev
    protobuf-compiler protobuf-c-compiler libprotobuf-c-dev libonnx-dev"
FETCH_PACKAGES="python3 python3-pip ca-certificates dpkg" # for ONNX Runtime only
PYTHON_PACKAGES="python3-venv"
TEST_PACKAGES="libcmocka-dev bats clang gcovr jq abigail-tools pybind11-dev python3-dev gcc-aarch64-linux-gnu
    libc6-dev-arm64-cross qemu-user"

# Official builds of ONNX Runtime report home otherwise.
export ORT_DISABLE_TELEMETRY=1

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A Debian-like system gets its packages; elsewhere the user is told what to have.
need() {
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        need_packages "$@"
    else
        say "no apt-get here; have the equivalents of these installed: $*"
    fi
}

# The sanitizers' and OpenMP's runtimes of the clang that there is: their packages bear its number.
clang_runtimes() {
    local version
    version=$(clang -dumpversion)
    echo "libclang-rt-${version%%.*}-dev libomp-${version%%.*}-dev"
}

# True where the user has an ONNX Runtime of his own.
own_onnxruntime() {
    [ -n "${ONNXRUNTIME_ROOT:-}" ] || pkg-config --exists 'libonnxruntime >= 1.23' 2>/dev/null
}

# True where a CUDA toolkit brings CCCL (Thrust, CUB, libcu++).
own_cccl() {
    local nvcc
    nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
    nvcc=$(realpath -m "$nvcc")
    [ -e "${nvcc%/bin/nvcc}/include/cccl/thrust/version.h" ] || [ -e "${nvcc%/bin/nvcc}/include/thrust/version.h" ]
}
