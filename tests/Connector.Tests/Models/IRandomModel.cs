namespace CurKv.Connector.Tests.Models;

/// <summary>The shape of a small model with seeded random weights.</summary>
internal interface IRandomModel
{
    /// <summary>The GGUF's <c>general.architecture</c>.</summary>
    string Architecture { get; }

    int Layers { get; }

    /// <summary>The layers that attend to all tokens.</summary>
    IReadOnlyList<int> GlobalLayers { get; }

    int Vocabulary { get; }

    int KvHeads { get; }

    int HeadDimension { get; }

    int Seed { get; }

    /// <summary>The names and shapes of all tensors, the slowest dimension first.</summary>
    IEnumerable<(string Name, int[] Shape)> Tensors();

    /// <summary>Adds the architecture's numbers.</summary>
    void Describe(GgufWriter gguf);
}
