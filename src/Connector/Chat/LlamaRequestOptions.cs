using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>
/// What one call wants of llama.cpp, beyond what <see cref="ChatOptions"/> has members for. To be returned from
/// <see cref="ChatOptions.RawRepresentationFactory"/>: what is set here goes before the options' own values and their additional
/// properties; stop sequences are added to theirs.
/// </summary>
/// <remarks>
/// The order of sampling is llama.cpp's: logit bias, penalties, DRY, top-n-sigma, top-k, typical-p, top-p, min-p, XTC, temperature.
/// Penalties and DRY count the prompt's tokens too. Everything is null by default: the options decide, and after them llama.cpp's
/// defaults, which are named here.
/// </remarks>
public sealed class LlamaRequestOptions
{
    /// <summary>Divides the logits, at least 0. At 0 the likeliest token is taken: of the other settings only bias, penalties, DRY and grammar count then.</summary>
    /// <value>0.8 where nothing sets it.</value>
    public float? Temperature { get; set; }

    /// <summary>How many of the likeliest tokens stay; 0 for all.</summary>
    /// <value>40 where nothing sets it.</value>
    public int? TopK { get; set; }

    /// <summary>The likeliest tokens stay whose probabilities sum up to this, 0 to 1.</summary>
    /// <value>0.95 where nothing sets it.</value>
    public float? TopP { get; set; }

    /// <summary>Tokens stay that are at least this share as likely as the likeliest, 0 to 1. The additional property <c>min_p</c>.</summary>
    /// <value>0.05 where nothing sets it.</value>
    public float? MinP { get; set; }

    /// <summary>The most typical tokens stay whose probabilities sum up to this, 0 to 1 (arXiv 2202.00666). The additional property <c>typical_p</c>.</summary>
    /// <value>1, which is off, where nothing sets it.</value>
    public float? TypicalP { get; set; }

    /// <summary>Tokens stay whose logits are at most this many standard deviations below the highest (arXiv 2411.07641); 0 and less is off. The additional property <c>top_n_sigma</c>.</summary>
    /// <value>0 where nothing sets it.</value>
    public float? TopNSigma { get; set; }

    /// <summary>How likely it is, 0 to 1, that XTC removes all but the least likely of the tokens above its threshold. The additional property <c>xtc_probability</c>.</summary>
    /// <value>0, which is off, where nothing sets it.</value>
    public float? XtcProbability { get; set; }

    /// <summary>The probability from which on XTC removes tokens, 0 to 1. The additional property <c>xtc_threshold</c>.</summary>
    /// <value>0.1 where nothing sets it.</value>
    public float? XtcThreshold { get; set; }

    /// <summary>Logits of tokens that appeared lately are divided by this, 0.01 to 100; negative ones are multiplied. The additional property <c>repeat_penalty</c>.</summary>
    /// <value>1, which is off, where nothing sets it.</value>
    public float? RepeatPenalty { get; set; }

    /// <summary>How many of the last tokens the penalties look at; −1 for as many as the model was trained to read. The additional property <c>repeat_last_n</c>.</summary>
    /// <value>64 where nothing sets it.</value>
    public int? RepeatLastN { get; set; }

    /// <summary>Taken from a token's logit for each time that it appeared lately, −100 to 100.</summary>
    /// <value>0 where nothing sets it.</value>
    public float? FrequencyPenalty { get; set; }

    /// <summary>Taken from a token's logit once if it appeared lately, −100 to 100.</summary>
    /// <value>0 where nothing sets it.</value>
    public float? PresencePenalty { get; set; }

    /// <summary>DRY's weight, 0 to 100: a token that would prolong a repetition loses multiplier · base^(length − allowed length). The additional property <c>dry_multiplier</c>.</summary>
    /// <value>0, which is off, where nothing sets it.</value>
    public float? DryMultiplier { get; set; }

    /// <summary>DRY's growth for each token of the repetition, 1 to 100. The additional property <c>dry_base</c>.</summary>
    /// <value>1.75 where nothing sets it.</value>
    public float? DryBase { get; set; }

    /// <summary>The longest repetition that DRY leaves alone, in tokens. The additional property <c>dry_allowed_length</c>.</summary>
    /// <value>2 where nothing sets it.</value>
    public int? DryAllowedLength { get; set; }

    /// <summary>How many of the last tokens DRY looks at; −1 for as many as the model was trained to read. The additional property <c>dry_penalty_last_n</c>.</summary>
    /// <value>−1 where nothing sets it.</value>
    public int? DryPenaltyLastN { get; set; }

    /// <summary>Texts at which DRY takes a repetition to end, each of 1 to 40 UTF-8 bytes; at most 64. The additional property <c>dry_sequence_breakers</c>.</summary>
    /// <value>A new line, a colon, a double quote and an asterisk where nothing sets them.</value>
    public IList<string>? DrySequenceBreakers { get; set; }

    /// <summary>What is added to tokens' logits, −100 to 100, by token id; −100 forbids a token. The additional property <c>logit_bias</c>.</summary>
    /// <value>None where nothing sets it.</value>
    public IDictionary<int, float>? LogitBias { get; set; }

    /// <summary>Makes the call repeatable.</summary>
    /// <value>Another one for each call where nothing sets it.</value>
    public long? Seed { get; set; }

    /// <summary>Texts that end the answer and do not appear in it, beside those of the options.</summary>
    public IList<string>? StopSequences { get; set; }

    /// <summary>What the answer has to keep to, in llama.cpp's GBNF; its first rule is <c>root</c>. The additional property <c>grammar</c>.</summary>
    /// <remarks>
    /// At most 1,048,576 characters, 256 levels of parentheses, 65,536 rules and 262,144 elements once repetitions are written out, and 128
    /// optional items in a row, counted through rules and repetitions: <c>("a"? "b"?){64}</c> is the longest of its kind. A grammar can still be
    /// ambiguous, so that each level of nesting doubles the work (<c>x ::= "a" x "b" | "a" x "c" | "d"</c>): take none from untrusted callers.
    /// </remarks>
    /// <value>None where nothing sets it.</value>
    public string? Grammar { get; set; }

    /// <summary>Whether images and other content that no model here can be given are left out of this call's messages.</summary>
    /// <value>As <see cref="LlamaChatClientOptions.SkipUnsupportedContent"/> has it where it is null.</value>
    public bool? SkipUnsupportedContent { get; set; }

    /// <summary>How the cache is compressed for this call.</summary>
    /// <value>As the client does where it is null.</value>
    public KvCompressionOptions? Compression { get; set; }
}
