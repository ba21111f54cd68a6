using CurKv.Connector.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Models;

/// <summary>The models that tests run: the trained one of the samples, and random ones made on the spot.</summary>
internal static class TestModels
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("curkv-tests-").FullName;

    static TestModels() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);

    /// <summary>The small trained chat model.</summary>
    public static string Pebble { get; } = Path.Combine(AppContext.BaseDirectory, "models", "pebble-17m-q8_0.gguf");

    /// <summary>A path in a folder that goes when the tests end.</summary>
    public static string Scratch(string name) => Path.Combine(Folder, $"{Guid.NewGuid():N}-{name}");

    /// <summary>Writes a random model and returns its path.</summary>
    public static string Write(IRandomModel model)
    {
        string path = Scratch("random.gguf");
        RandomModelFile.Write(model, path);
        return path;
    }

    /// <summary>Loads a model.</summary>
    public static LlamaSharpEngine Load(string path) => LlamaSharpEngine.Load(new LlamaEngineSettings(path), NullLogger.Instance, null, CancellationToken.None);

    /// <summary>Seeded token ids, the first of them the begin-of-sequence token.</summary>
    public static int[] RandomTokens(int count, int vocabulary, int seed)
    {
        var random = new Random(seed);
        int[] tokens = new int[count];
        tokens[0] = 1;
        for (int i = 1; i < count; i++)
        {
            tokens[i] = random.Next(3, vocabulary);
        }

        return tokens;
    }
}
