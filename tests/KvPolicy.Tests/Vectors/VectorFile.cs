using System.Text.Json;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>The reference vectors: inputs, and what each policy makes of them, computed in double precision.</summary>
internal static class VectorFile
{
    private static readonly JsonElement Root = Load();

    public static float[][][] Keys { get; } = Tensor(Root.GetProperty("inputs").GetProperty("K"));

    public static float[][][] Values { get; } = Tensor(Root.GetProperty("inputs").GetProperty("V"));

    /// <summary>The queries of all tokens: <c>[query heads][tokens][head dimension]</c>.</summary>
    public static float[][][] Queries { get; } = Tensor(Root.GetProperty("inputs").GetProperty("Qf"));

    /// <summary>The output weights: <c>[query heads][head dimension][embedding]</c>.</summary>
    public static float[][][] OutputWeights { get; } = Tensor(Root.GetProperty("inputs").GetProperty("Wo"));

    /// <summary>The projection <c>[head dimension][columns]</c> of the sketched cases.</summary>
    public static float[][] Sketch { get; } = Matrix(Root.GetProperty("inputs").GetProperty("G"));

    public static JsonElement Case(string name) =>
        Root.GetProperty("cases").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);

    public static float[][][] Tensor(JsonElement element) => [.. element.EnumerateArray().Select(Matrix)];

    public static float[][] Matrix(JsonElement element) => [.. element.EnumerateArray().Select(Row)];

    public static int[][] Indices(JsonElement element) =>
        [.. element.EnumerateArray().Select(row => row.EnumerateArray().Select(index => index.GetInt32()).ToArray())];

    private static float[] Row(JsonElement element) => [.. element.EnumerateArray().Select(Number)];

    private static float Number(JsonElement element) => element.ValueKind == JsonValueKind.Number
        ? element.GetSingle()
        : element.GetString() switch
        {
            "nan" => float.NaN,
            "inf" => float.PositiveInfinity,
            "-inf" => float.NegativeInfinity,
            string other => throw new InvalidDataException($"Not a number: {other}"),
            null => throw new InvalidDataException("Not a number: null"),
        };

    private static JsonElement Load()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", "kv-policy-vectors.json"));
        using var document = JsonDocument.Parse(file);
        return document.RootElement.Clone();
    }
}
