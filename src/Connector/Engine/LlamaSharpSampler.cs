using System.Numerics.Tensors;
using System.Text;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>
/// llama.cpp's samplers in their usual order. They are applied from here, one after the other: nothing is allocated for a token, and
/// the grammar comes between those that change logits and those that choose.
/// </summary>
/// <remarks>
/// As in llama.cpp's <c>common_sampler</c>, a token is drawn without the grammar first. Only one that the grammar refuses is drawn
/// again, from what the grammar allows: that takes a second number from the seeded generator, and is as repeatable as the first.
/// </remarks>
internal sealed unsafe class LlamaSharpSampler : ILlamaSampler
{
    private const int MinKeep = 1;

    // A grammar looks at the likeliest tokens first. With so many for each that is needed, a second look is rare.
    private const int FirstBlock = 64;
    private const int BlockPerNeeded = 4;
    private const int BlockGrowth = 16;

    private readonly int _vocabularySize;
    private readonly KeyValuePair<int, float>[] _bias;
    private readonly List<nint> _penalties = [];
    private readonly List<nint> _choice = [];
    private readonly List<int> _refused = [];
    private readonly TokenCandidates _candidates;
    private readonly SamplerGrammar? _grammar;

    // How many allowed tokens decide as all of them would.
    private readonly int _needed;

    /// <summary>Creates a sampler.</summary>
    /// <param name="settings">How tokens are drawn; in range.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="vocab">llama.cpp's vocabulary.</param>
    /// <param name="grammar">The answer's grammar, which the sampler owns from here on; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A logit bias names a token that the model has not.</exception>
    public LlamaSharpSampler(SamplerSettings settings, LlamaModelInfo model, nint vocab, SamplerGrammar? grammar)
    {
        _grammar = grammar;
        _vocabularySize = model.VocabularySize;
        _bias = [.. settings.LogitBias ?? new Dictionary<int, float>()];
        foreach ((int token, _) in _bias)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(token, "logit_bias");
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, _vocabularySize, "logit_bias");
        }

        _candidates = new TokenCandidates(_vocabularySize);
        AddPenalties(settings, model.TrainedContext, vocab);
        if (settings.Temperature > 0)
        {
            AddChoice(settings);
        }

        bool lookAtAll = settings.Temperature > 0 && (settings.TopNSigma > 0 || settings.TopK <= 0);
        _needed = lookAtAll ? _vocabularySize : settings.Temperature > 0 ? settings.TopK : 1;
    }

    public bool IsConstraining => _grammar is { IsConstraining: true };

    private bool IsGreedy => _choice.Count == 0;

    public void AllowTrigger(bool allowed)
    {
        if (_grammar is not null)
        {
            _grammar.AllowsTrigger = allowed;
        }
    }

    public void AcceptPrompt(ReadOnlySpan<int> tokens)
    {
        foreach (nint sampler in _penalties)
        {
            foreach (int token in tokens)
            {
                LlamaGaps.llama_sampler_accept(sampler, token);
            }
        }
    }

    /// <summary>Draws a token from logits, one for each token of the vocabulary.</summary>
    /// <exception cref="LlamaGrammarException">No token continues what the grammar allows.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        int token = Draw(logits);
        if (_grammar is not null)
        {
            if (!_grammar.Allows(token))
            {
                token = _grammar.IsConstraining ? DrawAllowed(logits) : DrawAnother(logits, token);
            }

            _grammar.Accept(token);
        }

        AcceptPrompt([token]);
        return token;
    }

    public void Dispose()
    {
        foreach (nint sampler in _penalties.Concat(_choice))
        {
            LlamaGaps.llama_sampler_free(sampler);
        }

        _penalties.Clear();
        _choice.Clear();
        _candidates.Dispose();
        _grammar?.Dispose();
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        if (IsGreedy && _bias.Length == 0 && _penalties.Count == 0)
        {
            float highest = TensorPrimitives.Max(logits);
            if (!float.IsNaN(highest))
            {
                return logits.IndexOf(highest);
            }
        }

        Prepare(logits);
        return Choose();
    }

    // A mask and what changes logits may come in any order: what is forbidden stays so.
    private int DrawAllowed(ReadOnlySpan<float> logits)
    {
        for (long block = Math.Max(FirstBlock, (long)BlockPerNeeded * _needed); ; block *= BlockGrowth)
        {
            Prepare(logits);
            _grammar!.Narrow(_candidates);
            bool areAll = _candidates.Left.Length <= block;
            float lowest = areAll ? float.NegativeInfinity : KeepBest((int)block);
            _grammar.Mask(_candidates);
            _candidates.KeepPossible();
            if (areAll || CountAbove(lowest) >= _needed)
            {
                return _candidates.Left.IsEmpty ? _grammar.End() : Choose();
            }
        }
    }

    private float KeepBest(int count)
    {
        _candidates.KeepBest(count);
        return _candidates.Left[^1].Logit;
    }

    // Equals of the block's last token may have been left out of it.
    private int CountAbove(float lowest)
    {
        int count = 0;
        foreach (TokenData candidate in _candidates.Left)
        {
            count += candidate.Logit > lowest ? 1 : 0;
        }

        return count;
    }

    // A token that completes a trigger, but goes on as the grammar does not: there is no mask for those, so one goes after the other.
    private int DrawAnother(ReadOnlySpan<float> logits, int token)
    {
        do
        {
            _refused.Add(token);
            Prepare(logits);
            foreach (int refused in _refused)
            {
                _candidates.Left[refused].Logit = float.NegativeInfinity;
            }

            _candidates.KeepPossible();
            token = Choose();
        }
        while (!_grammar!.Allows(token));

        _refused.Clear();
        return token;
    }

    private void Prepare(ReadOnlySpan<float> logits)
    {
        _candidates.Fill(logits);
        foreach ((int token, float bias) in _bias)
        {
            _candidates.Left[token].Logit += bias;
        }

        foreach (nint sampler in _penalties)
        {
            _candidates.Apply(sampler);
        }
    }

    private int Choose()
    {
        if (IsGreedy)
        {
            return _candidates.Best;
        }

        foreach (nint sampler in _choice)
        {
            _candidates.Apply(sampler);
        }

        return _candidates.Drawn;
    }

    private void AddPenalties(SamplerSettings settings, int trainedContext, nint vocab)
    {
        if (settings.RepeatLastN != 0 && (settings.RepeatPenalty != 1 || settings.FrequencyPenalty != 0 || settings.PresencePenalty != 0))
        {
            int lastN = settings.RepeatLastN < 0 ? trainedContext : settings.RepeatLastN;
            _penalties.Add(LlamaGaps.llama_sampler_init_penalties(lastN, settings.RepeatPenalty, settings.FrequencyPenalty, settings.PresencePenalty));
        }

        if (settings.DryMultiplier != 0 && settings.DryPenaltyLastN != 0)
        {
            _penalties.Add(Dry(settings, trainedContext, vocab));
        }
    }

    private void AddChoice(SamplerSettings settings)
    {
        if (settings.TopNSigma > 0)
        {
            _choice.Add(LlamaGaps.llama_sampler_init_top_n_sigma(settings.TopNSigma));
        }

        if (settings.TopK > 0)
        {
            _choice.Add(LlamaGaps.llama_sampler_init_top_k(settings.TopK));
        }

        if (settings.TypicalP < 1)
        {
            _choice.Add(LlamaGaps.llama_sampler_init_typical(settings.TypicalP, MinKeep));
        }

        _choice.Add(LlamaGaps.llama_sampler_init_top_p(settings.TopP, MinKeep));
        _choice.Add(LlamaGaps.llama_sampler_init_min_p(settings.MinP, MinKeep));
        if (settings.XtcProbability > 0)
        {
            _choice.Add(LlamaGaps.llama_sampler_init_xtc(settings.XtcProbability, settings.XtcThreshold, MinKeep, settings.Seed));
        }

        _choice.Add(LlamaGaps.llama_sampler_init_temp(settings.Temperature));
        _choice.Add(LlamaGaps.llama_sampler_init_dist(settings.Seed));
    }

    private static nint Dry(SamplerSettings settings, int trainedContext, nint vocab)
    {
        // One block holds all breakers, each ending in 0.
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(settings.DrySequenceBreakers.Select(breaker => breaker + '\0')));
        byte** breakers = stackalloc byte*[settings.DrySequenceBreakers.Count];
        fixed (byte* start = text)
        {
            byte* next = start;
            for (int i = 0; i < settings.DrySequenceBreakers.Count; i++)
            {
                breakers[i] = next;
                next += Encoding.UTF8.GetByteCount(settings.DrySequenceBreakers[i]) + 1;
            }

            return LlamaGaps.llama_sampler_init_dry(
                vocab, trainedContext, settings.DryMultiplier, settings.DryBase, settings.DryAllowedLength, settings.DryPenaltyLastN, breakers, (nuint)settings.DrySequenceBreakers.Count);
        }
    }
}
