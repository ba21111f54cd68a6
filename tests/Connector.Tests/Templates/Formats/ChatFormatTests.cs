using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates.Formats;

public class ChatFormatTests
{
    private const string Delimiters = "<tool_call> </tool_call> <|tool_call|> <think> </think> <|python_tag|> {\"name\": \"f\", \"parameters\": {} } [TOOL_CALLS] [ARGS] [CALL_ID] [THINK] [/THINK] "
        + "<｜tool▁calls▁begin｜> <｜tool▁call▁begin｜> <｜tool▁sep｜> <｜tool▁call▁end｜> <｜tool▁calls▁end｜> <|START_ACTION|> <|END_ACTION|> <|START_RESPONSE|> <|END_RESPONSE|> "
        + "<|START_THINKING|> <|END_THINKING|> Action: ```json ``` <function=f> <parameter=a> </parameter> </function> <|channel|> analysis final commentary to=functions.f <|message|> <|end|> <|start|> assistant x < <| [ \" \\ \n";

    private static readonly ChatFormat[] Formats =
    [
        new HermesFormat(true), new GenericFormat(false), new QwenCoderFormat(true), new LlamaFormat(), MistralFormat.Of("[TOOL_CALLS][ARGS]"), DeepSeekFormat.Of("```json"),
        new CommandFormat(false), new CommandRFormat(), GraniteFormat.Of("<response>"), new HarmonyFormat(),
    ];

    [Theory]
    [InlineData(null, "generic")]
    [InlineData("", "generic")]
    [InlineData("{{ messages[0].content }}", "generic")]
    [InlineData("{% if tools %}<tool_call>{\"name\": x, \"arguments\": y}</tool_call>{% endif %}", "hermes")]
    [InlineData("<tool_call>{\"name\": x, \"arguments\": y}</tool_call>", "generic")]
    [InlineData("{{ tools }}<tool_call>name<arg_key>arguments</arg_key>", "generic")]
    [InlineData("{{ tools }}<tool_call><function=f><parameter=p>", "qwen3-coder")]
    [InlineData("{{ tools }}<|start_header_id|>{\"name\": n, \"parameters\": p}", "llama-3.1-json")]
    [InlineData("<|start_header_id|>user", "generic")]
    [InlineData("[TOOL_CALLS]{{ tool_calls }}", "mistral-v3")]
    [InlineData("[TOOL_CALLS]name[ARGS]", "mistral-v11")]
    [InlineData("<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json", "deepseek-r1")]
    [InlineData("<｜tool▁call▁begin｜>f<｜tool▁sep｜>", "deepseek-v3.1")]
    [InlineData("<|START_ACTION|>", "command-r7b")]
    [InlineData("Action:\n```json [{\"tool_name\": n}]", "command-r")]
    [InlineData("{{ tools }}<|tool_call|>", "granite-3")]
    [InlineData("<|start|>assistant<|channel|>final<|message|>", "harmony")]
    public void Detect_Template_IsWhatItsDelimitersSay(string? template, string expected) => Assert.Equal(expected, ChatFormat.Detect(template).Name);

    [Fact]
    public void Detect_TrainedModel_IsHermesWithToolsAndWithoutReasoning()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        string template = engine.Model.ChatTemplate!;
        ChatFormat format = ChatFormat.Detect(template);
        TemplateCapabilities capabilities = TemplateCapabilities.Of(template);

        Assert.Equal(("hermes", false), (format.Name, format.HasReasoning));
        Assert.Equal("tools", capabilities.ToolsVariable);
        Assert.False(capabilities.ArgumentsAsText);
        Assert.Null(capabilities.ReasoningProperty);
    }

    [Fact]
    public void Detect_Reasoning_IsWhatTheTemplateSays()
    {
        Assert.True(ChatFormat.Detect("{{ tools }}<tool_call>arguments</tool_call><think>").HasReasoning);
        Assert.False(ChatFormat.Detect("{{ tools }}<tool_call>arguments</tool_call>").HasReasoning);
        Assert.True(ChatFormat.Detect("[TOOL_CALLS][THINK]").HasReasoning);
        Assert.False(ChatFormat.Detect("[TOOL_CALLS]").HasReasoning);
    }

    [Fact]
    public void Parse_DelimitersInAnyOrder_DependsOnTheTextAlone()
    {
        string[] pieces = Delimiters.Split(' ');
        var random = new Random(11);
        foreach (ChatFormat format in Formats)
        {
            foreach (ReasoningStart reasoning in Enum.GetValues<ReasoningStart>())
            {
                for (int run = 0; run < 12; run++)
                {
                    string answer = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
                    Answers.Parse(format, answer, reasoning, expectsTools: run % 4 != 0);
                }
            }
        }
    }

    [Theory]
    [InlineData("hermes", "<tool_call>", "</tool_call>", "{\"name\":\"f\",\"arguments\":{\"a\":1}}", "nonsense", "{\"name\":\"f\",\"arg")]
    [InlineData("deepseek", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "f<｜tool▁sep｜>{\"a\":1}", "f<｜tool▁sep｜>{}", "f<｜tool▁")]
    [InlineData("command", "<|START_ACTION|>", "<|END_ACTION|>", "[{\"tool_name\":\"f\",\"parameters\":{}}]", "[]", "[{\"tool_")]
    public void Append_PiecesAndCallsInAnyOrder_NoDelimiterLeaks(string name, string open, string close, params string[] bodies)
    {
        ChatFormat format = Formats.First(candidate => candidate.Name.StartsWith(name, StringComparison.Ordinal));
        var random = new Random(3);
        for (int run = 0; run < 300; run++)
        {
            string answer = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(2) == 0 ? "some text " : open + bodies[random.Next(bodies.Length - 1)] + close));
            answer += random.Next(2) == 0 ? string.Empty : open + bodies[^1];

            List<OutputPart> parts = Answers.Parts(format, new OutputParserSettings { Tools = Answers.Tools }, answer.Chunk(random.Next(1, 8)).Select(chunk => new string(chunk)));

            // What is no call is text with its delimiters.
            string text = string.Concat(parts.Select(part => part.Text)).Replace(open + bodies[1] + close, string.Empty, StringComparison.Ordinal);
            Assert.DoesNotContain(open, text, StringComparison.Ordinal);
            Assert.DoesNotContain(close, text, StringComparison.Ordinal);
            Assert.DoesNotContain(bodies[^1], text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("hermes", "", true)]
    [InlineData("hermes", "Hello", true)]
    [InlineData("hermes", "Hello <tool_ca", true)]
    [InlineData("hermes", "<tool_call>{", true)]
    [InlineData("hermes", "<think>Hm", false)]
    [InlineData("hermes", "<think>Hm</think>", true)]
    [InlineData("qwen3-coder", "<think>Hm", true)]
    [InlineData("llama", " ", true)]
    [InlineData("llama", "{\"na", true)]
    [InlineData("llama", "For example: {\"na", false)]
    [InlineData("harmony", "", true)]
    [InlineData("harmony", "<|channel|>analysis<|message|>Hm", false)]
    [InlineData("harmony", "<|channel|>analysis<|message|>Hm<|end|><|start|>assistant", true)]
    [InlineData("harmony", "<|channel|>final<|message|>Hello", false)]
    public void AllowsToolCall_Answer_IsWhetherACallCanBeginOrHasBegun(string name, string answer, bool expected)
    {
        ChatFormat format = Formats.First(candidate => candidate.Name.StartsWith(name, StringComparison.Ordinal));
        ModelOutputParser parser = format.CreateParser(new OutputParserSettings { Tools = Answers.Tools });
        ModelOutputParser withoutTools = format.CreateParser(new OutputParserSettings());
        parser.Append(answer, []);
        withoutTools.Append(answer, []);

        Assert.Equal(expected, parser.AllowsToolCall);
        Assert.False(withoutTools.AllowsToolCall);
    }

    [Fact]
    public void Append_Text_IsGivenOutAtOnce()
    {
        foreach (ChatFormat format in Formats)
        {
            ModelOutputParser parser = format.CreateParser(new OutputParserSettings { Tools = Answers.Tools });
            List<OutputPart> parts = [];

            parser.Append("Hello", parts);

            Assert.Equal(new OutputPart(OutputPartKind.Text, "Hello"), Assert.Single(parts));
        }
    }

    [Fact]
    public void Generic_ToolsPrompt_TellsToolsAndTheFormThatItReads()
    {
        var format = new GenericFormat(false);
        string prompt = format.ToolsPrompt(Answers.Tools)!;
        string written = format.WriteCalls([new FunctionCallContent("1", "get_weather", new Dictionary<string, object?> { ["city"] = "Å" }), new FunctionCallContent("2", "get_time")])!;

        Assert.Contains("{\"name\":\"get_weather\",\"description\":\"Does get_weather.\",\"parameters\":{\"type\":\"object\"", prompt, StringComparison.Ordinal);
        Assert.Contains("<tool_call>\n{\"name\": \"NAME\", \"arguments\": {\"PARAMETER\": VALUE}}\n</tool_call>", prompt, StringComparison.Ordinal);
        Assert.Equal("get_weather{\"city\":\"Å\"}get_time{}", Answers.Parse(format, written));
        Assert.Equal("<tool_response>\n12\n</tool_response>", format.WriteResult("12"));
    }

    [Fact]
    public void Families_TemplatesThatTellOfTools_AddNothing()
    {
        foreach (ChatFormat format in (ChatFormat[])[new HermesFormat(true), new LlamaFormat(), new HarmonyFormat()])
        {
            Assert.Null(format.ToolsPrompt(Answers.Tools));
            Assert.Null(format.WriteCalls([]));
            Assert.Null(format.WriteResult("12"));
            Assert.Equal("id", format.ToTemplateCallId("id"));
        }
    }
}
