namespace CurKv.Connector.Engine;

/// <summary>How the next token is drawn. A temperature of 0 takes the likeliest one.</summary>
internal sealed record SamplerSettings
{
    public required float Temperature { get; init; }

    public required int TopK { get; init; }

    public required float TopP { get; init; }

    public required float MinP { get; init; }

    public required uint Seed { get; init; }
}
