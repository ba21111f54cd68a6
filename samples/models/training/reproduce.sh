#!/bin/sh
# Trains the model and exports it as GGUF, with one CUDA GPU; about half an hour on an H200.
#
#   sh reproduce.sh [FOLDER]    (default: build)
set -eu
cd "$(dirname "$0")"
build=${1:-build}
mkdir -p "$build"
export PYTHONUNBUFFERED=1

python3 -m pebble.evaluation_prompts "$build/evaluation.json"

train() {
    phase=$1
    shift
    python3 -m pebble.train "$phase" "$build/$phase" --evaluation "$build/evaluation.json" "$@"
}
train phase-1 --evaluation-interval 1500
train phase-2 --start-from "$build/phase-1" --evaluation-interval 2000
train phase-3 --start-from "$build/phase-2"

python3 -m pebble.export_gguf "$build/phase-3" "$build"
