namespace CurKv.Connector.Engine;

/// <summary>
/// How the next token is drawn. What is not required is off by default. The steps come in llama.cpp's usual order: logit bias,
/// penalties, DRY, top-n-sigma, top-k, typical-p, top-p, min-p, XTC, temperature, the draw.
/// </summary>
internal sealed record SamplerSettings
{
    /// <summary>The usual texts at which DRY takes a repetition to end.</summary>
    public static IReadOnlyList<string> DefaultDrySequenceBreakers { get; } = ["\n", ":", "\"", "*"];

    /// <summary>Divides the logits. 0 takes the likeliest token, of several the one with the lowest id; bias, penalties, DRY and the grammar count then too, and nothing else does.</summary>
    public required float Temperature { get; init; }

    /// <summary>How many of the likeliest tokens stay; 0 for all.</summary>
    public required int TopK { get; init; }

    /// <summary>The likeliest tokens stay whose probabilities sum up to this; 1 for all.</summary>
    public required float TopP { get; init; }

    /// <summary>Tokens stay that are at least this share as likely as the likeliest; 0 for all.</summary>
    public required float MinP { get; init; }

    /// <summary>Seeds the draw and XTC.</summary>
    public required uint Seed { get; init; }

    /// <summary>Locally typical sampling (arXiv 2202.00666): the most typical tokens stay whose probabilities sum up to this; 1 for all.</summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>Tokens stay whose logits are at most this many standard deviations below the highest (arXiv 2411.07641); 0 for all.</summary>
    public float TopNSigma { get; init; }

    /// <summary>How likely it is that XTC removes, for this token, all but the least likely of those above its threshold.</summary>
    public float XtcProbability { get; init; }

    /// <summary>The probability from which on XTC removes tokens; above 0.5 there is never a second one, and nothing goes.</summary>
    public float XtcThreshold { get; init; } = 0.1f;

    /// <summary>Logits of tokens that appeared lately are divided by this, negative ones multiplied; 1 for none.</summary>
    public float RepeatPenalty { get; init; } = 1;

    /// <summary>How many of the last tokens the three penalties look at, the prompt's included; 0 for none, −1 for as many as the model was trained to read.</summary>
    public int RepeatLastN { get; init; } = 64;

    /// <summary>Taken from a token's logit for each time that it appeared lately.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Taken from a token's logit once if it appeared lately.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>DRY's weight: a token that would prolong a repetition loses multiplier · base^(length − allowed length); 0 for none.</summary>
    public float DryMultiplier { get; init; }

    /// <summary>DRY's growth for each token of the repetition; at least 1.</summary>
    public float DryBase { get; init; } = 1.75f;

    /// <summary>The longest repetition that DRY leaves alone, in tokens.</summary>
    public int DryAllowedLength { get; init; } = 2;

    /// <summary>How many of the last tokens DRY looks at, the prompt's included; 0 for none, −1 for as many as the model was trained to read.</summary>
    public int DryPenaltyLastN { get; init; } = -1;

    /// <summary>Texts at which DRY takes a repetition to end.</summary>
    public IReadOnlyList<string> DrySequenceBreakers { get; init; } = DefaultDrySequenceBreakers;

    /// <summary>What is added to tokens' logits, by token id; negative infinity forbids a token.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>What the answer has to keep to; null for nothing.</summary>
    public OutputGrammar? Grammar { get; init; }
}
