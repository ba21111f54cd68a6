using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class HermesFormatTests
{
    private const string Call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>";
    private const string Called = "get_weather{\"city\":\"Oslo\"}";

    [Theory]
    [InlineData("", "")]
    [InlineData("Hello.", "text(Hello.)")]
    [InlineData(" Hello. \n", "text( Hello. \n)")]
    [InlineData("a < b, a <t b <tool_ call> </tool_call", "text(a < b, a <t b <tool_ call> </tool_call)")]
    [InlineData("<<<tool_cal", "text(<<<tool_cal)")]
    [InlineData(Call, Called)]
    [InlineData(Call + "\n" + Call, Called + Called)]
    [InlineData("One moment.\n\n" + Call, "text(One moment.)" + Called)]
    [InlineData(Call + "\nDone.", Called + "text(Done.)")]
    [InlineData("<" + Call, "text(<)" + Called)]
    [InlineData("<tool_call>{\"name\":\"get_time\"}</tool_call>", "get_time{}")]
    [InlineData("<tool_call>{\"name\":\"get_time\",\"arguments\":null}</tool_call>", "get_time{}")]
    [InlineData("<tool_call>{\"name\":\"get_time\",\"arguments\":\"{\\\"zone\\\":1}\"}</tool_call>", "get_time{\"zone\":1}")]
    [InlineData("<tool_call>{\"type\":\"function\",\"function\":{\"name\":\"get_time\",\"arguments\":{}}}</tool_call>", "get_time{}")]
    [InlineData("<tool_call>[{\"name\":\"get_time\"},{\"name\":\"x\"}]</tool_call>", "get_time{}x{}")]
    [InlineData("<tool_call>{\"name\":\"get_time\"}\n{\"name\":\"x\"}</tool_call>", "get_time{}x{}")]
    [InlineData("<tool_call>{\"name\":\"get_time\"}\n<tool_call>{\"name\":\"x\"}\n<tool_call>{\"name\":\"y\"", "get_time{}x{}")]
    [InlineData("<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call>", "unknown{}")]
    public void Parse_Calls_GivesThemOutWhole(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(true), answer));

    [Theory]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"html\":\"</tool_call>\\\"<tool_call>\"}}</tool_call>", "f{\"html\":\"</tool_call>\\\"<tool_call>\"}")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"}]\\\\\"}}</tool_call>x", "f{\"a\":\"}]\\\\\"}text(x)")]
    public void Parse_DelimiterInsideAString_IsPartOfIt(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(false), answer));

    [Theory]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1,}}</tool_call>", "f!")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{a:1}}</tool_call>", "f!")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":[1]}</tool_call>", "f!")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"b}}</tool_call>", "f!")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"b}}</tool_call>\n<tool_call>{\"name\":\"g\"}</tool_call>", "f!g{}")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":{</tool_call>", "f!")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1}}}</tool_call>", "f{\"a\":1}")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1}</tool_call>", "f{\"a\":1}")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":nothing}</tool_call>", "f!")]
    public void Parse_BadJson_KeepsTheExceptionOrMendsIt(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(false), answer));

    [Theory]
    [InlineData("<tool_call>nonsense</tool_call>", "text(<tool_call>nonsense</tool_call>)")]
    [InlineData("a <tool_call>{\"x\":1}</tool_call> b", "text(a <tool_call>{\"x\":1}</tool_call> b)")]
    [InlineData("<tool_call></tool_call>", "text(<tool_call></tool_call>)")]
    [InlineData("a <tool_call>x</tool_call>\n" + Call + "\nDone.", "text(a <tool_call>x</tool_call>)" + Called + "text(Done.)")]
    [InlineData("<tool_call>{\"x\":1}<tool_call>{\"name\":\"f\"}</tool_call>", "text(<tool_call>{\"x\":1})f{}")]
    [InlineData("<tool_call> <think>a</think> </tool_call>b", "text(<tool_call> <think>a</think> </tool_call>b)")]
    [InlineData("Write <tool_call> and then <tool_call> again</tool_call> and the rest of the answer is here.", "text(Write <tool_call> and then <tool_call> again</tool_call> and the rest of the answer is here.)")]
    public void Parse_NoCallBetweenTheDelimiters_IsTextWithThem(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(false), answer));

    [Fact]
    public void Parse_ThousandsOfOpenedDelimiters_AreText()
    {
        string answer = string.Concat(Enumerable.Repeat("<tool_call>", 5_000)) + "</tool_call> b";

        Assert.Equal($"text({answer})", Answers.Parse(new HermesFormat(false), new OutputParserSettings { Tools = Answers.Tools }, [answer]));
    }

    [Theory]
    [InlineData("Wait.\n<tool_call>", "text(Wait.)")]
    [InlineData("Wait.\n<tool_call>\n{\"name\": \"get_weather\", \"argu", "text(Wait.)")]
    [InlineData("<tool_call>{\"name\":\"f\",\"arguments\":{\"code\":\"print('</tool_call>') # and", "")]
    [InlineData(Call + "\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Os", Called)]
    public void Finish_CallThatWasCut_IsDropped(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(false), answer));

    [Theory]
    [InlineData("<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}")]
    [InlineData("<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_c")]
    public void Finish_WholeCallWithoutItsClosingDelimiter_IsGivenOut(string answer) => Assert.Equal("get_time{}", Answers.Parse(new HermesFormat(false), answer));

    [Theory]
    [InlineData("<think>\nHm, <b>.\n</think>\n\nHello.", "reasoning(Hm, <b>.)text(Hello.)")]
    [InlineData("\n<think>Hm.</think>" + Call, "reasoning(Hm.)" + Called)]
    [InlineData("<think>\n\n</think>\n\nHello.", "text(Hello.)")]
    [InlineData("<think>Hm <tool_call> and <think> </thin", "reasoning(Hm <tool_call> and <think> </thin)")]
    [InlineData("The delimiter <think> opens it.", "text(The delimiter <think> opens it.)")]
    [InlineData("<think>a</think>b<think>c</think>", "reasoning(a)text(b<think>c</think>)")]
    public void Parse_Reasoning_IsApart(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(true), answer));

    [Theory]
    [InlineData("Hm.\n</think>\nHello.", "reasoning(Hm.)text(Hello.)")]
    [InlineData("<think>\nHm.\n</think>\nHello.", "reasoning(Hm.)text(Hello.)")]
    [InlineData("Hm.", "reasoning(Hm.)")]
    [InlineData("</think>Hello.", "text(Hello.)")]
    public void Parse_PromptOpenedReasoning_BeginsInside(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HermesFormat(true), answer, ReasoningStart.Open));

    [Fact]
    public void Parse_PromptClosedReasoning_IsText() => Assert.Equal("text(<think>Hm.)", Answers.Parse(new HermesFormat(true), "\n<think>Hm.", ReasoningStart.Closed));

    [Fact]
    public void Parse_ToolsNotExpected_DelimitersAreText() => Assert.Equal($"text({Call})", Answers.Parse(new HermesFormat(true), Call, expectsTools: false));

    [Fact]
    public void Append_CallThatIsNotWhole_IsInToolCall()
    {
        ModelOutputParser parser = new HermesFormat(true).CreateParser(new OutputParserSettings { Tools = Answers.Tools });
        List<OutputPart> parts = [];

        parser.Append("<think>a", parts);
        Assert.True(parser.InReasoning);
        parser.Append("</think>b" + Call[..^1], parts);
        Assert.True(parser.InToolCall);
        Assert.False(parser.InReasoning);
        parser.Append(">", parts);
        Assert.False(parser.InToolCall);
        Assert.Equal([OutputPartKind.Reasoning, OutputPartKind.Text, OutputPartKind.ToolCall], parts.Select(part => part.Kind));
    }

    [Theory]
    [InlineData("<|im_start|>assistant\n", ReasoningStart.Possible)]
    [InlineData("<|im_start|>assistant\n<think>\n", ReasoningStart.Open)]
    [InlineData("<|im_start|>assistant\n<think>\n\n</think>\n\n", ReasoningStart.Closed)]
    internal void ReasoningAfter_Prompt_IsWhereItLeavesIt(string prompt, ReasoningStart expected) => Assert.Equal(expected, new HermesFormat(true).ReasoningAfter(prompt));
}
