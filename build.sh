#!/usr/bin/env bash
# Everything that can be done with a fresh clone. Needs the .NET SDK.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
    cat <<'TEXT'
./build.sh demo  [options]   a small model reads a long document, loses most of its KV cache, and answers questions
./build.sh test              runs every test
./build.sh bench [options]   what compression costs, and what it gains, in one run
./build.sh bench kernels     the scoring kernels against the memory's speed, and every policy's time [--json] [--quick]
./build.sh bench dotnet      the same kernels under BenchmarkDotNet
./build.sh bench interception
                             compressing a full cache on each path: time, memory, and what decoding gains [--json] [--quick]
                             [--tokens N] [--policy NAME] [--cache f16|q8_0] [--threads N]
./build.sh bench grammar     what a grammar costs for each token of an answer [--json]
./build.sh bench peer        the client against LLamaSharp's own: answers, times, and what is honoured [--json] [--quick]
./build.sh bench gpu         builds artifacts/gpu/CurKv.Benchmarks.Gpu, which measures the same on a GPU, on machines without .NET too
./build.sh eval  [options]   right answers under every policy; --quick for the table of docs/policies.md
./build.sh mutate            changes the code that selects tokens, one operator at a time, and shows the changes that no test notices
./build.sh format            checks the code against .editorconfig and the analyzers
./build.sh pack              makes the NuGet packages, into artifacts/packages
./build.sh clean             removes everything that was built

Options of demo, bench and eval go to their programs: ./build.sh demo --help
TEXT
}

need() {
    command -v "$1" >/dev/null 2>&1 || { echo "build.sh: $2" >&2; exit 1; }
}

# Builds quietly: the programs' own output is what counts, and --json wants nothing else on standard output.
run() {
    local project=$1
    shift
    dotnet build "$project" -c Release -v quiet --nologo -clp:NoSummary 1>&2
    dotnet run --project "$project" -c Release --no-build -- "$@"
}

command=${1:-}
[ $# -gt 0 ] && shift
case "$command" in
    demo | test | bench | eval | mutate | format | pack)
        need dotnet "the .NET SDK is missing: install .NET 10 (https://dot.net)."
        ;;
esac

case "$command" in
    demo) run samples/Chat "$@" ;;
    bench)
        if [ "${1:-}" = gpu ]; then
            dotnet publish tests/Benchmarks/Gpu -c Release -o artifacts/gpu -v quiet --nologo
            artifacts/gpu/CurKv.Benchmarks.Gpu || true
        else
            run tests/Benchmarks "$@"
        fi
        ;;
    eval) run tests/Evaluation "$@" ;;
    mutate)
        dotnet build tests/KvPolicy.Tests -c Release -v quiet --nologo -clp:NoSummary 1>&2
        run tests/Mutation . artifacts/bin/KvPolicy.Tests/release/CurKv.KvPolicy.Tests.dll "$@"
        ;;
    format) dotnet format Connector.sln --verify-no-changes ;;
    pack)
        for project in src/KvPolicy src/Connector; do
            dotnet pack "$project" -c Release -o artifacts/packages -p:ContinuousIntegrationBuild=true -v quiet --nologo -clp:NoSummary
        done
        ls artifacts/packages
        ;;
    clean) rm -rf artifacts ;;
    test)
        mkdir -p artifacts
        log=artifacts/test.log
        status=0

        # One test program at a time: engines that compute at once slow each other down.
        dotnet test --solution Connector.sln -c Release --max-parallel-test-modules 1 --no-progress --no-ansi "$@" 2>&1 | tee "$log" || status=$?
        count() { sed -nE "s/^ *$1: *([0-9]+).*/\1/p" "$log" | tail -1; }
        passed=$(count succeeded)
        failed=$(count failed)
        [ "$status" -eq 0 ] || [ "${failed:-0}" -gt 0 ] || failed=1
        echo "${passed:-0} passed, ${failed:-0} failed"
        exit "$status"
        ;;
    '') usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
