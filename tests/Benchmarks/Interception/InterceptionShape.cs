using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;

namespace CurKv.Benchmarks.Interception;

/// <summary>The cache that is compressed.</summary>
/// <param name="Tokens">Cached tokens.</param>
/// <param name="Cache">How keys and values are stored.</param>
/// <param name="Threads">llama.cpp's threads; scoring takes all processors, as in the product.</param>
internal sealed record InterceptionShape(int Tokens, KvElementType Cache, int Threads)
{
    private readonly KvStateFormat _format = InterceptionModel.CacheFormat(Cache);

    /// <summary>Bytes of so many cells in all layers, keys and values.</summary>
    public long Bytes(int cells) => cells * _format.Layers.Sum(layer => layer.KeyRowBytes + layer.ValueRowBytes);

    public long FullBytes => Bytes(Tokens);

    public long KeptBytes => Bytes(KvBudget.FromRatio(InterceptionSetting.Ratio).Cells(Tokens));
}
