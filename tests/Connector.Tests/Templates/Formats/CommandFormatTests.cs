using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class CommandFormatTests
{
    private const string Action = "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", \"parameters\": {\"city\": \"Oslo\"}},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"get_time\", \"parameters\": {}}\n]<|END_ACTION|>";
    private const string Called = "get_weather{\"city\":\"Oslo\"}get_time{}";

    [Theory]
    [InlineData("<|START_RESPONSE|>Hello.<|END_RESPONSE|>", "text(Hello.)")]
    [InlineData("<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Hello.<|END_RESPONSE|>", "reasoning(Hm.)text(Hello.)")]
    [InlineData("<|START_THINKING|>Hm.<|END_THINKING|>" + Action, "reasoning(Hm.)" + Called)]
    [InlineData("<|START_THINKING|><|END_THINKING|><|START_TEXT|>Hello.<|END_TEXT|>", "text(Hello.)")]
    [InlineData("<|START_ACTION|>[{\"tool_name\": \"f\", \"parameters\": {a}}]<|END_ACTION|>", "f!")]
    [InlineData("<|START_ACTION|>[{\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", ", "")]
    [InlineData("Hello <|START_", "text(Hello <|START_)")]
    public void Parse_EveryForm_IsRead(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new CommandFormat(false), answer));

    [Fact]
    public void Parse_Ids_AreNotTheNumbersWithinTheAnswer()
    {
        List<OutputPart> parts = Answers.Parts(new CommandFormat(false), new OutputParserSettings { Tools = Answers.Tools }, [Action]);

        Assert.All(parts, part => Assert.StartsWith("call_", part.Call!.CallId, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Action:\n```json\n[\n    {\n        \"tool_name\": \"get_weather\",\n        \"parameters\": {\"city\": \"Oslo\"}\n    }\n]\n```", "get_weather{\"city\":\"Oslo\"}")]
    [InlineData("I will look.\nAction: ```json\n[{\"tool_name\": \"get_time\", \"parameters\": {}}, {\"tool_name\": \"f\", \"parameters\": {\"a\": \"```\"}}]```", "text(I will look.)get_time{}f{\"a\":\"```\"}")]
    [InlineData("Action: run. Action:\n```js", "text(Action: run. Action:\n```js)")]
    [InlineData("Action:\n```json\n[{\"tool_name\": \"get_", "")]
    public void Parse_CommandR_IsRead(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new CommandRFormat(), answer));
}
