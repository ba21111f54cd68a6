using System.Diagnostics;
using System.Runtime.InteropServices;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

/// <summary>
/// The first load of the native libraries. A process can load one llama.cpp only, so each test that wants another library starts
/// this assembly once more, for the explicit test below alone.
/// </summary>
public class NativeLibraryTests
{
    private const string LibraryVariable = "CURKV_TEST_NATIVE_LIBRARY";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task FirstLoad_TextFile_NamesTheSetting()
    {
        string path = TestModels.Scratch("libllama.so");
        File.WriteAllText(path, "This is not a library.");
        return AssertRefusedAsync(path);
    }

    [Fact]
    public Task FirstLoad_LibraryOfAnotherKind_NamesTheSetting() =>
        AssertRefusedAsync(Directory.EnumerateFiles(RuntimeEnvironment.GetRuntimeDirectory(), "*System.Native.*").First(file => !file.EndsWith(".dll", StringComparison.Ordinal)));

    [Fact]
    public Task FirstLoad_SiblingOfTheRightLibrary_NamesTheSetting()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        return AssertRefusedAsync(Directory.EnumerateFiles(Path.GetDirectoryName(engine.Binding.LibraryPath)!, "*ggml-base*").First());
    }

    [Fact]
    public async Task FirstLoad_RightLibraryBySetting_IsLoaded()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);

        (int exitCode, string output) = await RunChildAsync(engine.Binding.LibraryPath, nameof(Child_LibraryOfTheVariable_IsLoaded));

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void Check_LoadedLibrary_Passes()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        nint llama = NativeModules.Handle(LlamaGaps.Llama);

        AbiGuard.Check(llama, engine.Binding.LibraryPath);

        Assert.Equal(engine.Binding.LibraryPath, NativeModules.FindPath(LlamaGaps.Llama));
        Assert.NotNull(NativeModules.FindPath(LlamaGaps.GgmlBase));
        Assert.Null(NativeModules.FindPath("nosuch"));
    }

    [Fact(Explicit = true)]
    public void Child_LibraryOfTheVariable_IsRefused()
    {
        string path = Environment.GetEnvironmentVariable(LibraryVariable) ?? throw new InvalidOperationException($"Run by the tests above only: {LibraryVariable} is not set.");

        for (int attempt = 0; attempt < 2; attempt++)
        {
            LlamaNativeLibraryException e = Assert.Throws<LlamaNativeLibraryException>(
                () => new LlamaChatClient(new LlamaChatClientOptions { ModelPath = TestModels.Pebble, NativeLibraryPath = path }));

            Assert.Contains("could not be loaded", e.Message, StringComparison.Ordinal);
            Assert.Contains("NativeLibraryPath", e.Message, StringComparison.Ordinal);
            Assert.NotNull(e.InnerException);
        }
    }

    [Fact(Explicit = true)]
    public void Child_LibraryOfTheVariable_IsLoaded()
    {
        string path = Environment.GetEnvironmentVariable(LibraryVariable) ?? throw new InvalidOperationException($"Run by the tests above only: {LibraryVariable} is not set.");
        using var client = new LlamaChatClient(new LlamaChatClientOptions { ModelPath = TestModels.Pebble, NativeLibraryPath = path, ContextSize = 256 });

        Assert.Equal(path, ((LlamaRuntimeInfo)client.GetService(typeof(LlamaRuntimeInfo))!).NativeLibraryPath);
    }

    private static async Task AssertRefusedAsync(string library)
    {
        (int exitCode, string output) = await RunChildAsync(library, nameof(Child_LibraryOfTheVariable_IsRefused));

        Assert.True(exitCode == 0, output);
    }

    private static async Task<(int ExitCode, string Output)> RunChildAsync(string library, string test)
    {
        string host = Path.Combine(AppContext.BaseDirectory, typeof(NativeLibraryTests).Assembly.GetName().Name + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(host, ["-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(NativeLibraryTests).FullName}.{test}"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment[LibraryVariable] = library;
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync(Cancellation);
        string output = await child.StandardOutput.ReadToEndAsync(Cancellation);
        await child.WaitForExitAsync(Cancellation).WaitAsync(Patience.Limit, Cancellation);
        Assert.Contains("Total: 1,", output, StringComparison.Ordinal);
        return (child.ExitCode, output + await errors);
    }
}
