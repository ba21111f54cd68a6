using System.Text;
using System.Text.Json;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;
using NJsonSchema;

namespace CurKv.Connector.Tests.Templates.Formats;

/// <summary>llama.cpp holds random answers to the families' grammars, and the families' parsers read what comes out.</summary>
public sealed class NativeFormatGrammarTests(SamplerHarness harness) : IClassFixture<SamplerHarness>
{
    private const int Limit = 2500;

    private static readonly AIFunctionDeclaration Alarm = Answers.Tool("set-alarm", """
        {
          "type": "object",
          "properties": {
            "mode": { "type": "string", "enum": ["on", "off", "a \"b\""] },
            "level": { "type": "integer", "minimum": -5, "maximum": 40 },
            "text": { "type": "string" },
            "days": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]{1,4}$" }, "minItems": 1, "maxItems": 3 },
            "place": {
              "type": "object",
              "properties": { "x": { "type": "number" }, "note": { "enum": ["here", null] } },
              "required": ["x"],
              "additionalProperties": false
            },
            "loud": { "type": "boolean" }
          },
          "required": ["mode", "level", "place"],
          "additionalProperties": false
        }
        """);

    private static readonly AIFunctionDeclaration[] Tools = [Answers.Weather, Answers.Time, Alarm];

    // What the answers babble: enough of what ends strings, lists, reasoning and calls that most come to an end.
    private static readonly string[] Fragments =
    [
        "\"", "\"", "\"", "}", "}", "]", ",", "1", "-7.5", "true", "abc", "O", " ", "\n", "é漢😀", "\\n", "{\"", "</tool_call>", "<tool_call>", "```",
        "</think>", "</think>", "[/THINK]", "[/THINK]", "<|END_THINKING|>", "<|END_THINKING|>", "Here is my response:", "<|end|>", "<|end|>",
    ];

    private static readonly string[] ElementFragments = ["\n</parameter>", "\n</parameter>", "</parameter>", "</function>", "<parameter=x>", "x\n<parameter=level>\ny\n"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => FormatGrammarTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Sample_RequiredCall_WritesCallsThatObeyTheSchemas(string name)
    {
        int ended = 0;
        int several = 0;
        (IReadOnlyList<AIFunctionDeclaration> Tools, bool Multiple)[] requests = [(Tools, true), (Tools, false), ([Alarm], true)];
        foreach ((IReadOnlyList<AIFunctionDeclaration> tools, bool multiple) in requests)
        {
            foreach (ReasoningStart reasoning in Enum.GetValues<ReasoningStart>())
            {
                var constraint = new OutputConstraint { Tools = tools, RequiresCall = true, AllowsMultipleCalls = multiple, Reasoning = reasoning };
                for (int seed = 0; seed < 3; seed++)
                {
                    if (Answer(name, constraint, seed) is not { } answer)
                    {
                        continue;
                    }

                    ended++;
                    several += answer.Calls.Count > 1 ? 1 : 0;
                    await AssertCalls(answer, tools);
                    Assert.DoesNotContain(answer.Parts, part => part.Kind == OutputPartKind.Text);
                    Assert.True(multiple || answer.Calls.Count == 1, answer.Text);
                    Assert.True(reasoning != ReasoningStart.Closed || answer.Parts.All(part => part.Call is not null), answer.Text);
                }
            }
        }

        Assert.InRange(ended, 20, 27);
        Assert.Equal(name is not "harmony", several > 0);
    }

    // Inside of reasoning the trigger is spoken of, and does not bind.
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Sample_PossibleCall_BindsFromTheTriggerOutsideOfReasoning(string name)
    {
        int ended = 0;
        int runs = 0;
        foreach (bool multiple in (bool[])[true, false])
        {
            foreach (ReasoningStart reasoning in Enum.GetValues<ReasoningStart>())
            {
                var constraint = new OutputConstraint { Tools = Tools, AllowsMultipleCalls = multiple, Reasoning = reasoning };
                foreach (string trigger in FormatGrammarTests.Formats[name].Constrain(constraint)!.Triggers)
                {
                    runs++;
                    string thought = name == "qwen-coder" ? "Hm." : $"So {trigger} x.";
                    if (Answer(name, constraint, runs, Thinks(name, reasoning, thought) + trigger) is not { } answer)
                    {
                        continue;
                    }

                    ended++;
                    await AssertCalls(answer, Tools);
                    Assert.True(multiple || answer.Calls.Count == 1, answer.Text);
                    Assert.Equal(answer.Calls.Count, answer.Parts.SkipWhile(part => part.Call is null).Count());
                    string reasoned = string.Concat(answer.Parts.Where(part => part.Kind == OutputPartKind.Reasoning).Select(part => part.Text));
                    Assert.Equal(reasoning == ReasoningStart.Closed ? string.Empty : thought, reasoned);
                }
            }
        }

        Assert.InRange(ended, runs * 3 / 4, runs);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Sample_AnswerOrCall_IsOneOfThem(string name)
    {
        int texts = 0;
        int calls = 0;
        foreach (ReasoningStart reasoning in Enum.GetValues<ReasoningStart>())
        {
            for (int seed = 0; seed < 5; seed++)
            {
                var constraint = new OutputConstraint { Tools = Tools, Reasoning = reasoning, ResponseFormat = FormatGrammarTests.YesOrNo };
                if (Answer(name, constraint, seed) is not { } answer)
                {
                    continue;
                }

                OutputPart[] said = [.. answer.Parts.Where(part => part.Kind != OutputPartKind.Reasoning)];
                if (answer.Calls.Count > 0)
                {
                    calls++;
                    await AssertCalls(answer, Tools);
                    Assert.Equal(answer.Calls.Count, said.Length);
                }
                else
                {
                    texts++;
                    Assert.Contains(string.Concat(said.Select(part => part.Text)), (string[])["\"yes\"", "\"no\""]);
                }

                if (Answer(name, constraint with { Tools = [] }, seed) is { } only)
                {
                    Assert.Contains(string.Concat(only.Parts.Where(part => part.Kind != OutputPartKind.Reasoning).Select(part => part.Text)), (string[])["\"yes\"", "\"no\""]);
                }
            }
        }

        Assert.InRange(texts + calls, 11, 15);
        Assert.InRange(texts, 1, 14);
    }

    private static string Thinks(string name, ReasoningStart reasoning, string thought)
    {
        (string open, string close, string behind) = name switch
        {
            "harmony" when reasoning == ReasoningStart.Closed => (string.Empty, string.Empty, "Well.<|end|><|start|>assistant"),
            "harmony" => ("<|channel|>analysis<|message|>", "<|end|>", "<|start|>assistant<|channel|>commentary"),
            "mistral-v11" => ("[THINK]", "[/THINK]", "Well. "),
            "command-r7b" => ("<|START_THINKING|>", "<|END_THINKING|>", "Well. "),
            "llama" => ("<think>", "</think>", " "),
            _ => ("<think>", "</think>", "Well. "),
        };
        return reasoning switch
        {
            ReasoningStart.Possible => open + thought + close + behind,
            ReasoningStart.Open => thought + close + behind,
            _ => behind,
        };
    }

    private static async Task AssertCalls(RandomAnswer answer, IReadOnlyList<AIFunctionDeclaration> tools)
    {
        Assert.True(answer.Calls.Count > 0, answer.Text);
        foreach (FunctionCallContent call in answer.Calls)
        {
            Assert.True(call.Exception is null, answer.Text);
            AIFunctionDeclaration tool = Assert.Single(tools, tool => tool.Name == call.Name);
            JsonSchema schema = await JsonSchema.FromJsonAsync(tool.JsonSchema.GetRawText(), Cancellation);
            string arguments = JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions);
            Assert.True(schema.Validate(arguments) is { Count: 0 }, $"{arguments} violates the schema of {tool.Name} in {answer.Text}");
        }
    }

    // The loop of a real answer: the parser says where a trigger counts. Null where the answer did not end.
    private RandomAnswer? Answer(string name, OutputConstraint constraint, int seed, string script = "")
    {
        ChatFormat format = FormatGrammarTests.Formats[name];
        OutputGrammar grammar = format.Constrain(constraint)!;
        Assert.Equal(script.Length == 0, grammar.Triggers.Count == 0);
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.Plain with { Temperature = 2, Seed = (uint)seed, Grammar = grammar });
        ModelOutputParser parser = format.CreateParser(new OutputParserSettings { Tools = constraint.Tools, Reasoning = constraint.Reasoning });
        Func<float[]> logits = Babble(script, name == "qwen-coder" ? [.. Fragments, .. ElementFragments] : Fragments, seed);
        List<OutputPart> parts = [];
        var text = new StringBuilder();
        Decoder utf8 = Encoding.UTF8.GetDecoder();
        char[] characters = new char[8];
        for (int i = 0; i < Limit; i++)
        {
            sampler.AllowTrigger(parser.AllowsToolCall);
            int token = sampler.Sample(logits());
            if (harness.Engine.IsEndOfGeneration(token))
            {
                Assert.True(sampler.IsConstraining, $"{text} ended before its grammar bound it.");
                parser.Finish(parts);
                return new RandomAnswer(text.ToString(), parts);
            }

            byte[] piece = new byte[16];
            int count = utf8.GetChars(piece.AsSpan(0, harness.Engine.Piece(token, piece, special: true)), characters, flush: false);
            text.Append(characters, 0, count);
            parser.Append(new string(characters, 0, count), parts);
        }

        return null;
    }

    // Logits that surely want the script first, and then most likely one fragment after the other; all else is random, the end as well.
    private static Func<float[]> Babble(string script, string[] fragments, int seed)
    {
        var random = new Random(seed);
        var wanted = new Queue<byte>(Encoding.UTF8.GetBytes(script));
        int scripted = wanted.Count;
        return () =>
        {
            float[] logits = [.. Enumerable.Range(0, SamplerHarness.Vocabulary).Select(_ => (float)(random.NextDouble() * 10))];
            if (wanted.Count == 0)
            {
                Array.ForEach(Encoding.UTF8.GetBytes(fragments[random.Next(fragments.Length)]), wanted.Enqueue);
            }

            logits[SamplerHarness.EndOfGeneration] = scripted <= 0 && random.Next(2) == 0 ? 20 : 0;
            logits[SamplerHarness.Token('\0') + wanted.Dequeue()] += scripted-- > 0 ? 1000 : 26;
            return logits;
        };
    }

    private sealed record RandomAnswer(string Text, List<OutputPart> Parts)
    {
        public List<FunctionCallContent> Calls { get; } = [.. Parts.Select(part => part.Call).OfType<FunctionCallContent>()];
    }
}
