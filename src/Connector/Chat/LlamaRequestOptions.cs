using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>
/// llama.cpp's settings for one call, beyond the members of <see cref="ChatOptions"/>. Return it from
/// <see cref="ChatOptions.RawRepresentationFactory"/>. Values set here override those of the options and their additional properties;
/// stop sequences are added to theirs.
/// </summary>
/// <remarks>
/// The order of the samplers is llama.cpp's: logit bias, penalties, DRY, top-n-sigma, top-k, typical-p, top-p, min-p, XTC, temperature.
/// Penalties and DRY include the prompt's tokens. Everything is null by default: the options apply, and otherwise llama.cpp's defaults,
/// which are stated here.
/// </remarks>
public sealed class LlamaRequestOptions
{
    /// <summary>Divides the logits, at least 0. At 0 the most likely token is selected; then only bias, penalties, DRY and grammar apply besides.</summary>
    /// <value>0.8 by default.</value>
    public float? Temperature { get; set; }

    /// <summary>Keeps this number of the most likely tokens; 0 for all.</summary>
    /// <value>40 by default.</value>
    public int? TopK { get; set; }

    /// <summary>Keeps the most likely tokens whose probabilities add up to this, 0 to 1.</summary>
    /// <value>0.95 by default.</value>
    public float? TopP { get; set; }

    /// <summary>Keeps tokens whose probability is at least this fraction of the highest, 0 to 1. The additional property <c>min_p</c>.</summary>
    /// <value>0.05 by default.</value>
    public float? MinP { get; set; }

    /// <summary>Keeps the most typical tokens whose probabilities add up to this, 0 to 1 (arXiv 2202.00666). The additional property <c>typical_p</c>.</summary>
    /// <value>1, which is off, by default.</value>
    public float? TypicalP { get; set; }

    /// <summary>Keeps tokens whose logits are at most this many standard deviations below the highest (arXiv 2411.07641); off at 0 or below. The additional property <c>top_n_sigma</c>.</summary>
    /// <value>0 by default.</value>
    public float? TopNSigma { get; set; }

    /// <summary>The probability, 0 to 1, with which XTC removes all except the least likely of the tokens above its threshold. The additional property <c>xtc_probability</c>.</summary>
    /// <value>0, which is off, by default.</value>
    public float? XtcProbability { get; set; }

    /// <summary>The minimum probability of tokens that XTC removes, 0 to 1. The additional property <c>xtc_threshold</c>.</summary>
    /// <value>0.1 by default.</value>
    public float? XtcThreshold { get; set; }

    /// <summary>Divides the logits of recent tokens, 0.01 to 100; negative logits are multiplied. The additional property <c>repeat_penalty</c>.</summary>
    /// <value>1, which is off, by default.</value>
    public float? RepeatPenalty { get; set; }

    /// <summary>The number of recent tokens that the penalties consider; −1 for the training context size. The additional property <c>repeat_last_n</c>.</summary>
    /// <value>64 by default.</value>
    public int? RepeatLastN { get; set; }

    /// <summary>Subtracted from a token's logit for each recent occurrence, −100 to 100.</summary>
    /// <value>0 by default.</value>
    public float? FrequencyPenalty { get; set; }

    /// <summary>Subtracted once from the logit of every recent token, −100 to 100.</summary>
    /// <value>0 by default.</value>
    public float? PresencePenalty { get; set; }

    /// <summary>The weight of DRY, 0 to 100: a token that would extend a repetition loses multiplier · base^(length − allowed length). The additional property <c>dry_multiplier</c>.</summary>
    /// <value>0, which is off, by default.</value>
    public float? DryMultiplier { get; set; }

    /// <summary>The growth of DRY's penalty for each token of the repetition, 1 to 100. The additional property <c>dry_base</c>.</summary>
    /// <value>1.75 by default.</value>
    public float? DryBase { get; set; }

    /// <summary>The longest repetition without a DRY penalty, in tokens. The additional property <c>dry_allowed_length</c>.</summary>
    /// <value>2 by default.</value>
    public int? DryAllowedLength { get; set; }

    /// <summary>The number of recent tokens that DRY considers; −1 for the training context size. The additional property <c>dry_penalty_last_n</c>.</summary>
    /// <value>−1 by default.</value>
    public int? DryPenaltyLastN { get; set; }

    /// <summary>Texts that end a repetition for DRY, each of 1 to 40 UTF-8 bytes; at most 64. The additional property <c>dry_sequence_breakers</c>.</summary>
    /// <value>A new line, a colon, a double quote and an asterisk by default.</value>
    public IList<string>? DrySequenceBreakers { get; set; }

    /// <summary>Added to tokens' logits, −100 to 100, by token id; −100 forbids a token. The additional property <c>logit_bias</c>.</summary>
    /// <value>None by default.</value>
    public IDictionary<int, float>? LogitBias { get; set; }

    /// <summary>The random seed, which makes the call repeatable.</summary>
    /// <value>A random one for each call by default.</value>
    public long? Seed { get; set; }

    /// <summary>Stop sequences, in addition to those of the options. They end the answer and are not part of it.</summary>
    public IList<string>? StopSequences { get; set; }

    /// <summary>A grammar that is enforced on the answer, in llama.cpp's GBNF; its first rule is <c>root</c>. The additional property <c>grammar</c>.</summary>
    /// <remarks>
    /// At most 1,048,576 characters, 256 levels of parentheses, 65,536 rules and 262,144 elements after repetitions are expanded, and 128
    /// consecutive optional items, counted through rules and repetitions: <c>("a"? "b"?){64}</c> is the longest of its kind. An ambiguous
    /// grammar can still double the work with each level of nesting (<c>x ::= "a" x "b" | "a" x "c" | "d"</c>): do not accept grammars from
    /// untrusted callers.
    /// </remarks>
    /// <value>None by default.</value>
    public string? Grammar { get; set; }

    /// <summary>Whether images and other unsupported content in this call's messages is skipped.</summary>
    /// <value>Null by default: <see cref="LlamaChatClientOptions.SkipUnsupportedContent"/> applies.</value>
    public bool? SkipUnsupportedContent { get; set; }

    /// <summary>How the cache is compressed for this call.</summary>
    /// <value>Null by default: the client's settings.</value>
    public KvCompressionOptions? Compression { get; set; }
}
