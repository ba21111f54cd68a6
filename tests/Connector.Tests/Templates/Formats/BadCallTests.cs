using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates.Formats;

/// <summary>Calls that no JSON reader takes: they become text, or calls that hold the exception; nothing throws.</summary>
public class BadCallTests
{
    private static readonly string[] Calls =
    [
        """{"name": "\ud800", "arguments": {}}""",
        """{"name": "f", "arguments": "\ud800"}""",
        """{"name": "f", "arguments": {"a": "\ud800"}}""",
        """{"name": "f", "arguments": {"\ud800": 1}}""",
        """{"name": "f", "arguments": {"a": 1, "a": 2}}""",
        """{"name": "f", "id": "\udc00", "arguments": {}}""",
        """{"\ud800": 1, "name": "f", "arguments": {}}""",
        """{"name": "f", "parameters": {"a": {"\udfff": "\ud800\ud800"}}}""",
        """{"name": "f", "arguments": {"a": 1e999}}""",
        """{"name": "\q", "arguments": {}}""",
        "{\"name\": \"f\", \"arguments\": " + string.Concat(Enumerable.Repeat("[", 5000)) + string.Concat(Enumerable.Repeat("]", 5000)) + "}",
    ];

    /// <summary>Every call, in every format's delimiters.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string call in Calls)
            {
                data.Add("hermes", $"<tool_call>{call}</tool_call>");
                data.Add("granite-3", $"<|tool_call|>[{call}]");
                data.Add("llama-3.1-json", call);
                data.Add("mistral-v3", $"[TOOL_CALLS][{call}]");
                data.Add("mistral-v11", $"[TOOL_CALLS]f[ARGS]{call}");
                data.Add("deepseek-v3.1", $"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{call}<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
                data.Add("command-r7b", $"<|START_ACTION|>[{call}]<|END_ACTION|>");
                data.Add("command-r", $"Action: ```json\n[{call}]```");
                data.Add("qwen3-coder", $"<tool_call><function=f><parameter=a>{call}</parameter></function></tool_call>");
                data.Add("harmony", $"<|channel|>commentary to=functions.f<|message|>{call}<|call|>");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Parse_BadJson_NeverThrows(string format, string answer)
    {
        var settings = new OutputParserSettings { Tools = [.. Answers.Tools, Answers.Tool("f", "{}")] };

        List<OutputPart> parts = Answers.Parts(Format(format), settings, [answer]);

        Assert.NotEmpty(parts);
    }

    [Fact]
    public void Parse_HalfASurrogatePair_IsACallWithTheException()
    {
        OutputPart part = Assert.Single(Answers.Parts(new HermesFormat(false), new OutputParserSettings { Tools = Answers.Tools }, ["<tool_call>" + Calls[1] + "</tool_call>"]));

        Assert.Equal("f", part.Call!.Name);
        Assert.NotNull(part.Call.Exception);
    }

    private static ChatFormat Format(string name) => name switch
    {
        "hermes" => new HermesFormat(false),
        "granite-3" => GraniteFormat.Of("<response>"),
        "llama-3.1-json" => new LlamaFormat(),
        "mistral-v3" => MistralFormat.Of("[TOOL_CALLS]"),
        "mistral-v11" => MistralFormat.Of("[TOOL_CALLS][ARGS]"),
        "deepseek-v3.1" => DeepSeekFormat.Of(string.Empty),
        "command-r7b" => new CommandFormat(false),
        "command-r" => new CommandRFormat(),
        "qwen3-coder" => new QwenCoderFormat(false),
        _ => new HarmonyFormat(),
    };
}
