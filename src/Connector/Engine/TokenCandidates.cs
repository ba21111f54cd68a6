using System.Runtime.InteropServices;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>The candidates for the next token, in a buffer that is made once. Not thread-safe.</summary>
internal sealed unsafe class TokenCandidates : IDisposable
{
    private readonly int _capacity;
    private readonly TokenData* _data;
    private readonly TokenDataArray* _array;

    /// <summary>Creates the buffer.</summary>
    /// <param name="vocabularySize">The number of tokens.</param>
    public TokenCandidates(int vocabularySize)
    {
        _capacity = vocabularySize;
        _data = (TokenData*)NativeMemory.Alloc((nuint)vocabularySize, (nuint)sizeof(TokenData));
        _array = (TokenDataArray*)NativeMemory.AllocZeroed((nuint)sizeof(TokenDataArray));
    }

    /// <summary>The candidates that are left.</summary>
    public Span<TokenData> Left => new(_array->Data, (int)_array->Size);

    /// <summary>The token that a sampler has drawn.</summary>
    public int Drawn => _array->Data[_array->Selected].Id;

    /// <summary>
    /// The token with the highest logit; of several the one with the lowest id. A first logit that is not a number stays, as with
    /// llama.cpp's greedy sampler.
    /// </summary>
    public int Best
    {
        get
        {
            ReadOnlySpan<TokenData> left = Left;
            TokenData best = left[0];
            foreach (ref readonly TokenData candidate in left)
            {
                if (candidate.Logit > best.Logit || (candidate.Logit == best.Logit && candidate.Id < best.Id))
                {
                    best = candidate;
                }
            }

            return best.Id;
        }
    }

    /// <summary>Makes every token a candidate again, in the order of their ids.</summary>
    public void Fill(ReadOnlySpan<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, _capacity, nameof(logits));
        for (int token = 0; token < logits.Length; token++)
        {
            _data[token] = new TokenData { Id = token, Logit = logits[token] };
        }

        *_array = new TokenDataArray { Data = _data, Size = (nuint)_capacity, Selected = -1 };
    }

    /// <summary>Lets one of llama.cpp's samplers work on them.</summary>
    public void Apply(nint sampler) => LlamaGaps.llama_sampler_apply(sampler, _array);

    /// <summary>Leaves the candidates with the highest logits, in descending order.</summary>
    public void KeepBest(int count)
    {
        nint topK = LlamaGaps.llama_sampler_init_top_k(count);
        Apply(topK);
        LlamaGaps.llama_sampler_free(topK);
    }

    /// <summary>Leaves the candidates whose first byte is allowed, in the order in which they are.</summary>
    /// <param name="first">The first byte of each token.</param>
    /// <param name="isAllowed">Whether a byte is allowed, by its value.</param>
    public void KeepBeginning(ReadOnlySpan<byte> first, ReadOnlySpan<bool> isAllowed)
    {
        Span<TokenData> candidates = Left;
        int kept = 0;
        foreach (TokenData candidate in candidates)
        {
            if (isAllowed[first[candidate.Id]])
            {
                candidates[kept++] = candidate;
            }
        }

        _array->Size = (nuint)kept;
    }

    /// <summary>Leaves the candidates that are not forbidden, in the order in which they are.</summary>
    public void KeepPossible()
    {
        Span<TokenData> candidates = Left;
        int kept = 0;
        foreach (TokenData candidate in candidates)
        {
            if (!float.IsNegativeInfinity(candidate.Logit))
            {
                candidates[kept++] = candidate;
            }
        }

        _array->Size = (nuint)kept;
    }

    public void Dispose()
    {
        NativeMemory.Free(_data);
        NativeMemory.Free(_array);
    }
}
