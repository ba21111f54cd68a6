using System.Text.Json;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.Connector.Tests.Grammar;
using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates.Formats;

public class FormatGrammarTests
{
    private const string Oslo = "{\"city\": \"Oslo\"}";

    internal static readonly Dictionary<string, ChatFormat> Formats = new()
    {
        ["hermes"] = new HermesFormat(true),
        ["generic"] = new GenericFormat(false),
        ["qwen-coder"] = new QwenCoderFormat(true),
        ["llama"] = new LlamaFormat(),
        ["mistral-v3"] = MistralFormat.Of("[TOOL_CALLS]"),
        ["mistral-v11"] = MistralFormat.Of("[TOOL_CALLS][ARGS][THINK]"),
        ["mistral-ids"] = MistralFormat.Of("[TOOL_CALLS][ARGS][CALL_ID]"),
        ["deepseek-r1"] = DeepSeekFormat.Of("<think>```json"),
        ["deepseek-v3.1"] = DeepSeekFormat.Of("<think>"),
        ["command-r7b"] = new CommandFormat(false),
        ["command-r"] = new CommandRFormat(),
        ["granite"] = GraniteFormat.Of("<|tool_call|><think>"),
        ["harmony"] = new HarmonyFormat(),
    };

    internal static readonly JsonResponseFormat YesOrNo = new(JsonElement.Parse("""{"enum":["yes","no"]}"""));

    public static TheoryData<string> Names => [.. Formats.Keys];

    public static TheoryData<string, string, bool> Written => new()
    {
        { "hermes", $"<tool_call>\n{{\"name\": \"get_weather\", \"arguments\": {Oslo}}}\n</tool_call>", false },
        { "hermes", "<think>\nHm </think.\n</think>\n\n<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>", false },
        { "hermes", $"<tool_call>\n{{\"name\": \"get_weather\", \"arguments\": {Oslo}}}\n</tool_call>\n<tool_call>\n{{\"name\": \"get_time\", \"arguments\": {{}}}}\n</tool_call>", true },
        { "qwen-coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>", false },
        { "qwen-coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\nOs\n</lo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=get_time>\n</function>\n</tool_call>", true },
        { "llama", $"{{\"name\": \"get_weather\", \"parameters\": {Oslo}}}", false },
        { "llama", $"<|python_tag|>{{\"name\": \"get_weather\", \"parameters\": {Oslo}}}; {{\"name\": \"get_time\", \"parameters\": {{}}}}", true },
        { "mistral-v3", $"[TOOL_CALLS][{{\"name\": \"get_weather\", \"arguments\": {Oslo}, \"id\": \"a1b2c3d4e\"}}]", false },
        { "mistral-v3", $"[TOOL_CALLS] [{{\"name\": \"get_weather\", \"arguments\": {Oslo}, \"id\": \"a1b2c3d4e\"}}, {{\"name\": \"get_time\", \"arguments\": {{}}, \"id\": \"a1b2c3d4f\"}}]", true },
        { "mistral-v11", $"[THINK]Hm.[/THINK][TOOL_CALLS]get_weather[ARGS]{Oslo}", false },
        { "mistral-ids", $"[TOOL_CALLS]get_weather[CALL_ID]a1b2c3d4e[ARGS]{Oslo}[TOOL_CALLS]get_time[CALL_ID]a1b2c3d4f[ARGS]{{}}", true },
        { "deepseek-r1", $"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{Oslo}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", false },
        { "deepseek-v3.1", $"<think>Hm.</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{Oslo}<｜tool▁call▁end｜><｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{{}}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", true },
        { "command-r7b", $"<|START_THINKING|>Hm.<|END_THINKING|><|START_ACTION|>[\n    {{\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", \"parameters\": {Oslo}}},\n    {{\"tool_call_id\": \"1\", \"tool_name\": \"get_time\", \"parameters\": {{}}}}\n]<|END_ACTION|>", true },
        { "command-r", $"Action:\n```json\n[\n    {{\n        \"tool_name\": \"get_weather\",\n        \"parameters\": {Oslo}\n    }}\n]\n```", false },
        { "granite", $"<|tool_call|>[{{\"name\": \"get_weather\", \"arguments\": {Oslo}}}, {{\"name\": \"get_time\", \"arguments\": {{}}}}]", true },
        { "harmony", $"<|channel|>analysis<|message|>Hm. <|end<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{Oslo}", false },
        { "harmony", $" to=functions.get_weather<|channel|>commentary json<|message|>{Oslo}", false },
    };

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"string","enum":5}}}""")]
    [InlineData("""{"properties":{"a":{"type":"string","enum":[]}}}""")]
    public void Constrain_EnumThatIsNone_LeavesText(string schema)
    {
        var constraint = new OutputConstraint { Tools = [Answers.Tool("f", schema)], RequiresCall = true };

        Assert.True(Accepts("qwen-coder", constraint, "<tool_call>\n<function=f>\n<parameter=a>\nb\n</parameter>\n</function>\n</tool_call>"));
    }

    [Theory]
    [InlineData("[5]")]
    [InlineData("[\"string\",5]")]
    [InlineData("[null]")]
    public void IsText_TypeThatIsNone_IsNot(string type) => Assert.False(QwenCoderFormat.IsText(JsonElement.Parse($$"""{"type":{{type}} }""")));

    [Theory]
    [MemberData(nameof(Written))]
    public void Constrain_CallAsTheFamilyWritesIt_IsAccepted(string format, string answer, bool several)
    {
        Assert.True(Accepts(format, new OutputConstraint { Tools = Answers.Tools, RequiresCall = true }, answer));
        Assert.Equal(!several, Accepts(format, new OutputConstraint { Tools = Answers.Tools, RequiresCall = true, AllowsMultipleCalls = false }, answer));
        Assert.False(Accepts(format, new OutputConstraint { Tools = Answers.Tools, RequiresCall = true }, $"Wait. {answer}"));
        Assert.False(Accepts(format, new OutputConstraint { Tools = Answers.Tools, RequiresCall = true }, $"{answer} Done."));
        Assert.False(Accepts(format, new OutputConstraint { Tools = [Answers.Tool("get_rain", "{}")], RequiresCall = true }, answer));
        Assert.Equal(!answer.Contains("get_time", StringComparison.Ordinal), Accepts(format, new OutputConstraint { Tools = [Answers.Weather], RequiresCall = true }, answer));
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Constrain_ArgumentsAgainstTheSchema_AreRefused(string format, string answer, bool several)
    {
        var constraint = new OutputConstraint { Tools = Answers.Tools, RequiresCall = true, AllowsMultipleCalls = several };
        (string Right, string Wrong)[] changes =
        [
            (Oslo, "{\"city\": 1}"), (Oslo, "{}"), (Oslo, "{\"city\": \"Oslo\", \"days\": \"3\"}"), ("{}", "{\"a\": 1}"), ("\n3\n", "\nx\n"), ("<parameter=city>", "<parameter=town>"),
        ];
        foreach ((string right, string wrong) in changes.Where(change => answer.Contains(change.Right, StringComparison.Ordinal)))
        {
            Assert.False(Accepts(format, constraint, answer.Replace(right, wrong, StringComparison.Ordinal)), wrong);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Constrain_RequiredCall_WhateverItAllowsIsCalls(string name)
    {
        foreach (ReasoningStart reasoning in Enum.GetValues<ReasoningStart>())
        {
            OutputGrammar grammar = Formats[name].Constrain(new OutputConstraint { Tools = Answers.Tools, RequiresCall = true, Reasoning = reasoning })!;

            Assert.Empty(grammar.Triggers);
            foreach (string sentence in Sentences(grammar, 15))
            {
                AssertCalls(Formats[name], sentence, reasoning);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Constrain_PossibleCall_BeginsWithATriggerAndIsCallsToTheEnd(string name)
    {
        OutputGrammar grammar = Formats[name].Constrain(new OutputConstraint { Tools = Answers.Tools })!;

        Assert.NotEmpty(grammar.Triggers);
        HashSet<string> used = [];
        foreach (string sentence in Sentences(grammar, 80))
        {
            string? trigger = grammar.Triggers.FirstOrDefault(trigger => sentence.StartsWith(trigger, StringComparison.Ordinal));
            Assert.NotNull(trigger);
            used.Add(trigger);
            AssertCalls(Formats[name], sentence, ReasoningStart.Possible);
        }

        Assert.Equal(grammar.Triggers.Order(), used.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Constrain_Answer_IsInTheFamilysDelimiters(string name)
    {
        ChatFormat format = Formats[name];
        var constraint = new OutputConstraint { ResponseFormat = YesOrNo };
        OutputGrammar only = format.Constrain(constraint)!;
        OutputGrammar either = format.Constrain(constraint with { Tools = Answers.Tools })!;

        Assert.Empty(only.Triggers);
        Assert.Empty(either.Triggers);
        Assert.All(Sentences(only, 40), sentence => Assert.True(
            Answers.Parts(format, new OutputParserSettings(), [sentence]).Last() is { Kind: OutputPartKind.Text, Text: "\"yes\"" or "\"no\"" }, sentence));
        List<OutputPart> lasts = [.. Sentences(either, 60).Select(sentence => Answers.Parts(format, new OutputParserSettings { Tools = Answers.Tools }, [sentence]).Last())];
        Assert.Contains(lasts, part => part.Text is "\"yes\"" or "\"no\"");
        Assert.Contains(lasts, part => part.Call is not null);
        Assert.All(lasts, part => Assert.True(part.Text is "\"yes\"" or "\"no\"" || part.Call is { Exception: null }));
    }

    [Fact]
    public void Constrain_NothingDemanded_IsNull() => Assert.Null(new HermesFormat(true).Constrain(new OutputConstraint()));

    [Fact]
    public void Constrain_RequiredCallWithoutTools_Throws() =>
        Assert.Throws<ArgumentException>(() => new HermesFormat(true).Constrain(new OutputConstraint { RequiresCall = true }));

    [Theory]
    [InlineData("hermes")]
    [InlineData("qwen-coder")]
    public void Constrain_ToolsSchemaThatAllowsNothing_NamesKeywordAndPath(string format)
    {
        var constraint = new OutputConstraint { Tools = [Answers.Tool("f", """{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"]}""")] };

        JsonSchemaNotSupportedException e = Assert.Throws<JsonSchemaNotSupportedException>(() => Formats[format].Constrain(constraint));

        Assert.Equal("$ref", e.Keyword);
        Assert.StartsWith($"The JSON schema's '$ref' at '{e.Path}' ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constrain_StrictFormThatCannotBeEnforced_NamesKeywordPathAndFix()
    {
        var form = new JsonResponseFormat(JsonElement.Parse("""{"properties":{"a":{"not":{}}}}"""));
        var format = new HermesFormat(true);
        List<string> relaxed = [];

        JsonSchemaNotSupportedException e = Assert.Throws<JsonSchemaNotSupportedException>(() => format.Constrain(new OutputConstraint { ResponseFormat = form }));
        OutputGrammar? grammar = format.Constrain(new OutputConstraint { ResponseFormat = form with { IsStrict = false }, Relaxed = relaxed.Add });

        Assert.Equal(("not", "#/properties/a"), (e.Keyword, e.Path));
        Assert.Equal([e.Message], relaxed);
        Assert.NotNull(grammar);
    }

    [Fact]
    public void Constrain_OddNames_AreWrittenAndReadBack()
    {
        AIFunctionDeclaration tool = Answers.Tool("a\"b\\c-é 漢", "{}");
        foreach (string name in (string[])["hermes", "llama", "granite", "command-r7b", "mistral-v3"])
        {
            OutputGrammar grammar = Formats[name].Constrain(new OutputConstraint { Tools = [tool], RequiresCall = true })!;
            foreach (string sentence in Sentences(grammar, 5))
            {
                Assert.Contains(Answers.Parts(Formats[name], new OutputParserSettings { Tools = [tool] }, [sentence]), part => part.Call?.Name == tool.Name);
            }
        }
    }

    [Fact]
    public void Constrain_ToolWithoutSchema_TakesAnyObject()
    {
        var constraint = new OutputConstraint { Tools = [Answers.Tool("any", "{}")], RequiresCall = true };

        Assert.True(Accepts("hermes", constraint, "<tool_call>\n{\"name\": \"any\", \"arguments\": {\"a\": [1, \"b\"]}}\n</tool_call>"));
    }

    [Theory]
    [InlineData("</think>")]
    [InlineData("ababac")]
    [InlineData("aaab")]
    [InlineData("｜▁｜▁end｜")]
    [InlineData("[/]^-\\\"")]
    public void Until_Delimiter_AcceptsWhatEndsWithItsFirstOccurrence(string delimiter)
    {
        var grammar = new GbnfBuilder();
        var recogniser = new GbnfRecogniser(grammar.Build(grammar.Until("text", [delimiter])));
        var random = new Random(delimiter.Length);
        int accepted = 0;
        for (int run = 0; run < 3000; run++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => delimiter[random.Next(delimiter.Length)])) + (random.Next(2) == 0 ? delimiter : "x");
            int at = text.IndexOf(delimiter, StringComparison.Ordinal);
            bool expected = at >= 0 && at == text.Length - delimiter.Length;

            Assert.Equal(expected, recogniser.Accepts(text));
            accepted += expected ? 1 : 0;
        }

        Assert.InRange(accepted, 500, 2500);
    }

    [Fact]
    public void Until_SeveralDelimiters_TheFirstEndsTheTextAndOthersAreForbidden()
    {
        var grammar = new GbnfBuilder();
        var recogniser = new GbnfRecogniser(grammar.Build(grammar.Until("text", ["</a>", "/ab", "😀>"], "<b>", "a/")));
        string[] pieces = ["</a", ">", "/", "ab", "<b", "a", "<", "😀", "x"];
        var random = new Random(4);
        int accepted = 0;
        for (int run = 0; run < 6000; run++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pieces[random.Next(pieces.Length)]));
            int end = Enumerable.Range(1, text.Length).FirstOrDefault(length => text[..length] is var start && (start.EndsWith("</a>", StringComparison.Ordinal) || start.EndsWith("/ab", StringComparison.Ordinal) || start.EndsWith("😀>", StringComparison.Ordinal)));
            bool expected = end == text.Length && !text.Contains("<b>", StringComparison.Ordinal) && !text.Contains("a/", StringComparison.Ordinal);

            Assert.Equal(expected, recogniser.Accepts(text));
            accepted += expected ? 1 : 0;
        }

        Assert.InRange(accepted, 100, 3000);
    }

    private static void AssertCalls(ChatFormat format, string sentence, ReasoningStart reasoning)
    {
        List<OutputPart> parts = Answers.Parts(format, new OutputParserSettings { Tools = Answers.Tools, Reasoning = reasoning }, [sentence]);

        Assert.DoesNotContain(parts, part => part.Kind == OutputPartKind.Text);
        Assert.Contains(parts, part => part.Call is not null);
        foreach (FunctionCallContent call in parts.Select(part => part.Call).OfType<FunctionCallContent>())
        {
            Assert.Null(call.Exception);
            Assert.Contains(call.Name, Answers.Tools.Select(tool => tool.Name));
            Assert.Equal(call.Name == "get_weather", call.Arguments!.TryGetValue("city", out object? city));
            Assert.True(city is null or JsonElement { ValueKind: JsonValueKind.String });
        }
    }

    private static bool Accepts(string format, OutputConstraint constraint, string answer) => new GbnfRecogniser(Formats[format].Constrain(constraint)!.Gbnf).Accepts(answer);

    private static IEnumerable<string> Sentences(OutputGrammar grammar, int count)
    {
        var sentences = new GbnfSentences(GbnfGrammar.Parse(grammar.Gbnf), new Random(count));
        return Enumerable.Range(0, count).Select(_ => sentences.Next());
    }
}
