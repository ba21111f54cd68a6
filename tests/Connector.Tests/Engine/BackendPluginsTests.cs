using System.Runtime.InteropServices;
using CurKv.Connector.Embeddings;
using CurKv.Connector.Engine.Loading;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.Engine;

public class BackendPluginsTests
{
    private static readonly string Library = Path.Combine(Path.GetTempPath(), "natives", "libllama.so");

    [Fact]
    public void LoadSiblings_BuildWithABackend_LoadsNothing() =>
        BackendPlugins.LoadSiblings(Library, () => 1, folder => Assert.Fail($"{folder} was looked through."));

    [Fact]
    public void LoadSiblings_BuildWithoutBackends_LoadsThoseOfItsFolder()
    {
        List<string> folders = [];

        BackendPlugins.LoadSiblings(Library, () => folders.Count, folders.Add);

        Assert.Equal([Path.GetDirectoryName(Library)!], folders);
    }

    [Fact]
    public void ThrowIfNone_NoneLoaded_SaysSoAndWhereTheyBelong()
    {
        var e = Assert.Throws<LlamaNativeLibraryException>(() => BackendPlugins.ThrowIfNone(Library, () => 0));

        Assert.Contains("no backend", e.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetDirectoryName(Library)!, e.Message, StringComparison.Ordinal);
        Assert.Contains("libggml-cpu", e.Message, StringComparison.Ordinal);
        Assert.Equal(LlamaFault.NoBackend, e.Fault);
    }

    // Those of the settings are loaded in between, and may be the only ones.
    [Fact]
    public void LoadSiblings_NoneThere_LeavesItToThoseOfTheSettings()
    {
        BackendPlugins.LoadSiblings(Library, () => 0, _ => { });

        BackendPlugins.ThrowIfNone(Library, () => 1);
    }

    [Fact]
    public void Create_BackendThatIsNoLibrary_NamesItTheReasonAndTheSetting()
    {
        string text = TestModels.Scratch("libggml-vulkan.so");
        File.WriteAllText(text, "This is not a library.");
        string other = Directory.EnumerateFiles(RuntimeEnvironment.GetRuntimeDirectory(), "*System.Native.*").First(file => !file.EndsWith(".dll", StringComparison.Ordinal));
        foreach (string path in new[] { text, other })
        {
            for (int attempt = 0; attempt < 2; attempt++)
            {
                var e = Assert.Throws<LlamaNativeLibraryException>(() => Pebble.Create(options => options.BackendPaths = [path]));

                Assert.Contains(path, e.Message, StringComparison.Ordinal);
                Assert.Contains("llama.cpp said: ", e.Message, StringComparison.Ordinal);
                Assert.Contains("LlamaChatClientOptions.BackendPaths", e.Message, StringComparison.Ordinal);
            }
        }

        var embedding = new LlamaEmbeddingGeneratorOptions { ModelPath = TestModels.Pebble, GpuLayerCount = 0, BackendPaths = [text] };
        var of = Assert.Throws<LlamaNativeLibraryException>(() => new LlamaEmbeddingGenerator(embedding));
        Assert.Contains("LlamaEmbeddingGeneratorOptions.BackendPaths", of.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "does not exist")]
    [InlineData("a folder", "is a folder")]
    [InlineData("empty", "empty path")]
    [InlineData("null", "is null")]
    public void Validate_BadPath_NamesTheSettingAndTheFix(string kind, string problem)
    {
        string path = kind switch { "a folder" => Path.GetTempPath(), "empty" => " ", _ => TestModels.Scratch("libggml-vulkan.so") };
        IList<string> paths = kind == "null" ? null! : [path];

        AssertNamed(Assert.Throws<OptionsValidationException>(() => Pebble.Create(options => options.BackendPaths = paths)));
        AssertNamed(Assert.Throws<OptionsValidationException>(
            () => new LlamaEmbeddingGenerator(new LlamaEmbeddingGeneratorOptions { ModelPath = TestModels.Pebble, BackendPaths = paths })));

        void AssertNamed(OptionsValidationException e)
        {
            string failure = Assert.Single(e.Failures);
            Assert.StartsWith("BackendPaths ", failure, StringComparison.Ordinal);
            Assert.Contains(problem, failure, StringComparison.Ordinal);
        }
    }
}
