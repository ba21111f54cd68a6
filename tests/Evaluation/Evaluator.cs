using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Templates;
using Microsoft.Extensions.AI;

namespace CurKv.Evaluation;

/// <summary>
/// Asks every prompt's question under every setting, greedily. A prompt is read once; each setting starts from a snapshot of all but
/// its last tokens, reads those again and goes on as the client does: observe, compress, answer.
/// </summary>
/// <param name="runtime">The client's runtime.</param>
/// <param name="exact">Whether an answer is right only if it is the expected one character for character, or if it contains the expected values.</param>
/// <param name="recent">Recent tokens to protect; null for the defaults.</param>
internal sealed class Evaluator(LlamaRuntime runtime, bool exact, int? recent)
{
    // An answer has fewer tokens than characters.
    private const int LongestAnswer = 64;
    private static readonly SamplerSettings Greedy = new() { Temperature = 0, TopK = 1, TopP = 1, MinP = 0, Seed = 0 };

    /// <summary>Asks one prompt's question.</summary>
    /// <returns>For each setting, whether the answer was right.</returns>
    public async Task<bool[]> AskAsync(EvalPrompt prompt, IReadOnlyList<EvalSetting> settings, CancellationToken cancellationToken)
    {
        bool[] right = new bool[settings.Count];

        foreach (EvalRegime regime in Enum.GetValues<EvalRegime>())
        {
            Prompt text = regime == EvalRegime.Aware ? runtime.Prompts.Build(new Conversation(prompt.Turns)) : runtime.Prompts.BuildPrefix(new Conversation(prompt.Context));
            int[] question = regime == EvalRegime.Aware ? [] : runtime.Prompts.BuildContinuation(text, new Conversation(prompt.Turns)).Tokens;

            // As many tokens as any policy looks at, and at least the one that answers are decoded from.
            int window = settings.Max(setting => Plan(setting, text)?.QueryWindow ?? 1);
            int split = Math.Max(text.Tokens.Length - Math.Max(window, 1), 0);
            KvSnapshot? start = null;
            for (int i = 0; i < settings.Count; i++)
            {
                if (settings[i].Regime == regime)
                {
                    start ??= (await runtime.Scheduler.ReadAsync(() => new PrefillRequest(null, text.Tokens[..split], null), null, cancellationToken)).Snapshot;
                    right[i] = await AskAsync(prompt, text, question, start, settings[i], cancellationToken);
                }
            }

            start?.Dispose();
        }

        return right;
    }

    private KvCompressionPlan? Plan(EvalSetting setting, Prompt text) => runtime.Compression.Of(setting.ToOptions(recent))
        .Plan([text.SystemPrompt, text.Tools], text.TemplateTokens, questionKnown: setting.Regime == EvalRegime.Aware);

    private async Task<bool> AskAsync(EvalPrompt prompt, Prompt text, int[] question, KvSnapshot start, EvalSetting setting, CancellationToken cancellationToken)
    {
        KvCompressionPlan? plan = Plan(setting, text);
        int[] rest = text.Tokens[start.Contents.Tokens..];
        if (setting.Regime == EvalRegime.Aware)
        {
            return await IsRightAsync(prompt, new GenerationRequest { Prefix = start, Tokens = rest, Compression = plan, Sampler = Greedy }, cancellationToken);
        }

        var (context, _) = await runtime.Scheduler.ReadAsync(() => new PrefillRequest(start, rest, plan), null, cancellationToken);
        using (context)
        {
            return await IsRightAsync(prompt, new GenerationRequest { Prefix = context, Tokens = question, Sampler = Greedy }, cancellationToken);
        }
    }

    private async Task<bool> IsRightAsync(EvalPrompt prompt, GenerationRequest request, CancellationToken cancellationToken)
    {
        var answer = new StringBuilder();
        bool ended = false;
        await foreach (GenerationEvent item in runtime.Scheduler.GenerateAsync(() => request with { MaxOutputTokens = Math.Max(LongestAnswer, prompt.Answer.Length) }, EventBuffer.Unbounded, cancellationToken))
        {
            answer.Append(string.Concat(item.Contents));
            ended = item.FinishReason == ChatFinishReason.Stop;
            if (exact && !prompt.Answer.StartsWith(answer.ToString(), StringComparison.Ordinal))
            {
                return false;
            }
        }

        string text = answer.ToString();
        return exact ? ended && text == prompt.Answer : prompt.Expected.All(value => text.Contains(value, StringComparison.OrdinalIgnoreCase));
    }
}
