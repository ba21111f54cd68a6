using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.KvCache;

/// <summary>A random model in a real context, with a compressor on it.</summary>
internal sealed unsafe class CacheHarness : IDisposable
{
    private readonly LlamaSharpEngine _engine;
    private readonly KvSequence[] _sequences;

    /// <summary>A cache on which exactness shows: FlashAttention on the CPU is noisy in the third digit.</summary>
    public static LlamaContextSettings Exact { get; } = new()
    {
        ContextSize = 512,
        BatchSize = 128,
        FlashAttention = FlashAttentionMode.Off,
        KeyType = KvElementType.F32,
        ValueType = KvElementType.F32,
    };

    public CacheHarness(IRandomModel shape, LlamaContextSettings settings)
    {
        Shape = shape;
        ModelPath = TestModels.Write(shape);
        _engine = TestModels.Load(ModelPath);
        Capture = new KvCapture(shape.Layers);
        Queries = new QueryCapture(_engine.Model);
        _sequences = [.. Enumerable.Range(0, settings.Sequences).Select(id => new KvSequence(id, _engine.Model.SlidingWindow))];

        // llama.cpp's threads spin: these models are too small for more than one.
        Context = _engine.CreateContext(settings with { Threads = 1 }, new EvalHooks(Capture, Queries));
        Compressor = new KvCompressor(Context, _engine.Model, _engine.OutputWeights, Capture, Queries, NullLogger.Instance);
    }

    public IRandomModel Shape { get; }

    public string ModelPath { get; }

    public KvCapture Capture { get; }

    public QueryCapture Queries { get; }

    public ILlamaContext Context { get; }

    public ILlamaEngine Engine => _engine;

    public LlamaModelInfo Model => _engine.Model;

    public KvCompressor Compressor { get; }

    public static KvCompressionPlan Plan(IKvPolicy policy, double ratio, int recent = 4) =>
        new(new KvSelector(policy), KvBudget.FromRatio(ratio), new KvProtection(2, recent), MinTokens: 0);

    /// <summary>Decodes tokens in batches and returns the last one's logits.</summary>
    public float[] Decode(ReadOnlySpan<int> tokens, int position, int sequence = 0)
    {
        while (tokens.Length > 0)
        {
            int count = Math.Min(tokens.Length, Context.Settings.BatchSize);
            Assert.Equal(DecodeStatus.Ok, Context.Decode(tokens[..count], position, sequence, logits: true));
            _sequences[sequence].Append(tokens[..count]);
            position += count;
            tokens = tokens[count..];
        }

        return Context.Logits().ToArray();
    }

    /// <summary>What a sequence's cells hold.</summary>
    public KvSequence Sequence(int id = 0) => _sequences[id];

    /// <summary>Removes a sequence.</summary>
    public void Remove(int sequence = 0)
    {
        Context.SequenceRemove(sequence);
        _sequences[sequence].Clear();
    }

    /// <summary>Compresses a sequence.</summary>
    public KvCompressionReport? Compress(KvCompressionPlan plan, KvRewritePath? path = null, int sequence = 0) =>
        Compressor.Compress(_sequences[sequence], plan, path);

    /// <summary>Reads a prompt as the product does: the last tokens, whose queries the plan wants, in calls of their own.</summary>
    public float[] Prefill(ReadOnlySpan<int> tokens, KvCompressionPlan plan, int position = 0, int sequence = 0)
    {
        int window = plan.Applies(position + tokens.Length, _sequences[sequence].Cells + tokens.Length) ? Math.Min(plan.QueryWindow, tokens.Length) : 0;
        float[] logits = Decode(tokens[..^window], position, sequence);
        if (window > 0)
        {
            Compressor.StartObserving(window);
            logits = Decode(tokens[^window..], position + tokens.Length - window, sequence);
            Compressor.StopObserving();
        }

        return logits;
    }

    /// <summary>A sequence's state blob.</summary>
    public byte[] State(int sequence = 0)
    {
        Context.Synchronize();
        var blob = new byte[Context.StateSize(sequence)];
        fixed (byte* data = blob)
        {
            Assert.Equal((nuint)blob.Length, Context.StateGet(sequence, data, (nuint)blob.Length));
        }

        return blob;
    }

    /// <summary>Puts a state that was taken before in the place of a sequence.</summary>
    public void Restore(byte[] state, KvSequence contents, int sequence)
    {
        Remove(sequence);
        fixed (byte* data = state)
        {
            Assert.Equal((nuint)state.Length, Context.StateSet(sequence, data, (nuint)state.Length));
        }

        _sequences[sequence].CopyFrom(contents);
    }

    /// <summary>The tokens that a plan keeps, computed from the state blob and the queries observed last.</summary>
    public KvSelection Selection(KvCompressionPlan plan, int sequence = 0)
    {
        byte[] state = State(sequence);
        fixed (byte* data = state)
        {
            KvStateBlob blob = KvStateBlob.TryParse(data, (nuint)state.Length)!;
            KvLayerTensors[] view = blob.View(Shape.KvHeads, Shape.HeadDimension, Shape.HeadDimension);
            for (int layer = 0; layer < view.Length; layer++)
            {
                view[layer] = view[layer] with
                {
                    Rotary = Queries.Rotary(Shape.GlobalLayers[layer]),
                    Positions = _sequences[sequence].HeadPositions?[layer],
                    KeyRotation = Capture.KeyRotation,
                    ValueRotation = Capture.ValueRotation,
                    OutputWeights = _engine.OutputWeights?.Of(Shape.GlobalLayers),
                    Queries = plan.QueryWindow > 0 ? Queries.Take(Shape.GlobalLayers[layer], Math.Min(plan.QueryWindow, _sequences[sequence].Cells), Capture.KeyRotation)!.Value : default,
                };
            }

            return plan.Selector.Select(view, plan.BudgetOf(_sequences[sequence].Tokens), plan.Protection);
        }
    }

    public void Dispose()
    {
        Compressor.Dispose();
        Context.Dispose();
        _engine.Dispose();
        File.Delete(ModelPath);
    }
}
