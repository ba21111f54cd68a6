using System.Runtime.InteropServices;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Loading;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

/// <summary>
/// The first load of the native libraries. A process can load one llama.cpp only, so each test that wants another library starts
/// this assembly once more, for the explicit test below alone.
/// </summary>
public class NativeLibraryTests
{
    private const string LibraryVariable = "CURKV_TEST_NATIVE_LIBRARY";

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

        await RunChildAsync(engine.Binding.LibraryPath, nameof(Child_LibraryOfTheVariable_IsLoaded));
    }

    [Fact]
    public void Check_LoadedLibrary_Passes()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        nint llama = NativeModules.Handle(LlamaGaps.Llama);

        AbiGuard.Check(llama, engine.Binding.LibraryPath, engine.Binding.LlamaCppBuild);

        Assert.Equal(engine.Binding.LibraryPath, NativeModules.FindPath(LlamaGaps.Llama));
        Assert.NotNull(NativeModules.FindPath(LlamaGaps.GgmlBase));
        Assert.Null(NativeModules.FindPath("nosuch"));
    }

    [Fact(Explicit = true)]
    public void Child_LibraryOfTheVariable_IsRefused()
    {
        string path = ChildTest.Given(LibraryVariable);

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
        string path = ChildTest.Given(LibraryVariable);
        using var client = new LlamaChatClient(new LlamaChatClientOptions { ModelPath = TestModels.Pebble, NativeLibraryPath = path, ContextSize = 256 });

        Assert.Equal(path, ((LlamaRuntimeInfo)client.GetService(typeof(LlamaRuntimeInfo))!).NativeLibraryPath);
    }

    private static Task AssertRefusedAsync(string library) => RunChildAsync(library, nameof(Child_LibraryOfTheVariable_IsRefused));

    private static Task RunChildAsync(string library, string test) =>
        ChildTest.AssertPassesAsync<NativeLibraryTests>(test, new Dictionary<string, string> { [LibraryVariable] = library });
}
