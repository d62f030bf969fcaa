# Shared by the scripts: requirements, versions and directories. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# A script's help is its opening comment.
usage() { sed -n '1d; /^#/!q; s/^# //p' "scripts/$(basename "$0")"; }
misused() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; usage >&2; exit 2; }
case ${1:-} in --help | -h) usage; exit ;; esac

# Pinned: the ONNX Runtime used in the tests (1.23 or newer works).
ONNXRUNTIME_VERSION=1.32.0
ONNXRUNTIME_CUDA_VERSION=1.31.1 # of the package onnxruntime-gpu, whose releases lag behind; for CUDA 13
ONNXRUNTIME_DIR=.deps/onnxruntime

# Pinned: Thrust and libcu++ for the tests of gpu/ on machines without a CUDA toolkit.
CCCL_VERSION=13.0.85
CCCL_DIR=.deps/cccl

BUILD_PACKAGES="gcc g++ cmake ninja-build pkg-config zlib1g-dev libdeflate-dev libjansson-dev libmd-dev
    protobuf-compiler protobuf-c-compiler libprotobuf-c-dev libonnx-dev"
FETCH_PACKAGES="python3 python3-pip ca-certificates dpkg" # only to fetch ONNX Runtime
PYTHON_PACKAGES="python3-venv"
TEST_PACKAGES="libcmocka-dev bats clang gcovr jq abigail-tools pybind11-dev python3-dev gcc-aarch64-linux-gnu
    libc6-dev-arm64-cross qemu-user"

# Otherwise official builds of ONNX Runtime send telemetry.
export ORT_DISABLE_TELEMETRY=1

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs the missing ones of the named Debian packages.
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

# On Debian-like systems the packages are installed; elsewhere the user is told what is needed.
need() {
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        need_packages "$@"
    else
        say "no apt-get on this system; install the equivalents of: $*"
    fi
}

# The sanitizer and OpenMP runtimes of the installed clang: the package names contain its version.
clang_runtimes() {
    local version
    version=$(clang -dumpversion)
    echo "libclang-rt-${version%%.*}-dev libomp-${version%%.*}-dev"
}

# True if the user has their own ONNX Runtime.
own_onnxruntime() {
    [ -n "${ONNXRUNTIME_ROOT:-}" ] || pkg-config --exists 'libonnxruntime >= 1.23' 2>/dev/null
}

# True if an installed CUDA toolkit contains CCCL (Thrust, CUB, libcu++).
own_cccl() {
    local nvcc
    nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
    nvcc=$(realpath -m "$nvcc")
    [ -e "${nvcc%/bin/nvcc}/include/cccl/thrust/version.h" ] || [ -e "${nvcc%/bin/nvcc}/include/thrust/version.h" ]
}
