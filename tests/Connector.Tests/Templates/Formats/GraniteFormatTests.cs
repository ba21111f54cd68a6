using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class GraniteFormatTests
{
    private static readonly GraniteFormat Granite33 = GraniteFormat.Of("<|tool_call|><think><response>");
    private static readonly GraniteFormat Granite32 = GraniteFormat.Of("<|tool_call|>Here is my thought process:");

    [Theory]
    [InlineData("<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}, {\"name\": \"get_time\", \"arguments\": {}}]", "get_weather{\"city\":\"Oslo\"}get_time{}")]
    [InlineData("<tool_call>[{\"name\": \"get_time\"}]</tool_call>\nDone.", "get_time{}text(Done.)")]
    [InlineData("<|tool_call|>\n{\"name\": \"get_time\"}", "get_time{}")]
    [InlineData("<|tool_call|>[{\"name\": \"f\", \"arguments\": {a}}]", "f!")]
    [InlineData("a <|tool_call|>none", "text(a <|tool_call|>none)")]
    [InlineData("<|tool_call|> <|tool_call|>[{\"name\": \"get_time\"}]", "text(<|tool_call|>)get_time{}")]
    [InlineData("a <|tool_call|>[{\"name\": \"get_", "text(a)")]
    [InlineData("<think>Hm.</think><response>Hello.</response>", "reasoning(Hm.)text(Hello.)")]
    public void Parse_Granite33_IsRead(string answer, string expected) => Assert.Equal(expected, Answers.Parse(Granite33, answer));

    [Theory]
    [InlineData("Here is my thought process:\nHm.\n\nHere is my response:\nHello.", "reasoning(Hm.)text(Hello.)")]
    [InlineData("Here is my dog.", "text(Here is my dog.)")]
    [InlineData("<response>a</response>", "text(<response>a</response>)")]
    public void Parse_Granite32_IsRead(string answer, string expected) => Assert.Equal(expected, Answers.Parse(Granite32, answer));
}
