using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates.Formats;

public class MistralFormatTests
{
    private static readonly MistralFormat Array = MistralFormat.Of("[TOOL_CALLS]");
    private static readonly MistralFormat Marked = MistralFormat.Of("[TOOL_CALLS][CALL_ID][ARGS][THINK]");

    // A prompt opens reasoning by a delimiter that the parser does not see, and either delimiter closes it.
    [Theory]
    [InlineData("Hm.[/THINK]Hello.", "reasoning(Hm.)text(Hello.)")]
    [InlineData("Hm.</think>Hello.", "reasoning(Hm.)text(Hello.)")]
    [InlineData("<think>Hm.[/THINK]Hello.", "reasoning(Hm.)text(Hello.)")]
    public void Parse_PromptOpenedReasoning_EitherDelimiterCloses(string answer, string expected) => Assert.Equal(expected, Answers.Parse(Marked, answer, ReasoningStart.Open));

    [Theory]
    [InlineData("[THINK][THINK]Hm.</think>[/THINK]Hello.", "reasoning(Hm.</think>)text(Hello.)")]
    [InlineData("[THINK]<think>Hm.[/THINK]Hello.", "reasoning(<think>Hm.)text(Hello.)")]
    public void Parse_OpenedReasoning_ItsOwnDelimiterCloses(string answer, string expected) => Assert.Equal(expected, Answers.Parse(Marked, answer));

    [Theory]
    [InlineData("[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}, \"id\": \"a1b2c3d4e\"}]", "get_weather{\"city\":\"Oslo\"}")]
    [InlineData("[TOOL_CALLS] [{\"name\": \"get_time\", \"arguments\": {}}, {\"name\": \"get_time\", \"arguments\": {}}]\n", "get_time{}get_time{}")]
    [InlineData("Wait. [TOOL_CALLS]get_weather[ARGS]{\"city\": \"[Oslo]\"}", "text(Wait.)get_weather{\"city\":\"[Oslo]\"}")]
    [InlineData("[TOOL_CALLS]get_time[CALL_ID]a1b2c3d4e[ARGS]{}[TOOL_CALLS]get_time[ARGS]{} x", "get_time{}get_time{}text(x)")]
    [InlineData("[TOOL_CALLS]get_time{}", "get_time{}")]
    [InlineData("[TOOL_CALLS]get_time[ARGS]{a}", "get_time!")]
    [InlineData("[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {a}}]", "f!")]
    [InlineData("[TOOL_CALLS]get_time[AR", "")]
    [InlineData("[TOOL_CALLS][{\"name\": \"get_time\", \"arguments\": {}}", "")]
    [InlineData("[TOOL_CALL] [[TOOL_CALLS", "text([TOOL_CALL] [[TOOL_CALLS)")]
    [InlineData("[THINK]Hm.[/THINK]Hello.", "reasoning(Hm.)text(Hello.)")]
    public void Parse_EveryForm_IsRead(string answer, string expected)
    {
        Assert.Equal(expected, Answers.Parse(Array, answer));
        Assert.Equal(expected, Answers.Parse(Marked, answer));
    }

    [Fact]
    public void Parse_Ids_AreKeptIfTheyAreUnique()
    {
        int made = 0;
        var settings = new OutputParserSettings { Tools = Answers.Tools, UsedCallIds = new HashSet<string> { "000000002" }, NewCallId = () => $"new{made++}" };
        const string Answer = "[TOOL_CALLS]f[CALL_ID]000000001[ARGS]{}[TOOL_CALLS]f[CALL_ID]000000001[ARGS]{}[TOOL_CALLS]f[CALL_ID]000000002[ARGS]{}[TOOL_CALLS]f[ARGS]{}";

        IEnumerable<FunctionCallContent?> calls = Answers.Parts(Marked, settings, [Answer]).Select(part => part.Call);

        Assert.Equal(["000000001", "new0", "new1", "new2"], calls.Select(call => call!.CallId));
    }

    [Fact]
    public void CreateCallId_HasNineLettersOrDigits()
    {
        string id = Array.CreateCallId();

        Assert.Matches("^[a-zA-Z0-9]{9}$", id);
        Assert.NotEqual(id, Array.CreateCallId());
    }

    [Fact]
    public void ToTemplateCallId_IdOfAnotherClient_HasNineLettersOrDigits()
    {
        Assert.Equal("a1b2c3d4e", Array.ToTemplateCallId("a1b2c3d4e"));
        Assert.Matches("^[a-zA-Z0-9]{9}$", Array.ToTemplateCallId("call_1"));
        Assert.Equal(Array.ToTemplateCallId("call_1"), Array.ToTemplateCallId("call_1"));
        Assert.NotEqual(Array.ToTemplateCallId("call_1"), Array.ToTemplateCallId("call_2"));
    }

    [Theory]
    [InlineData("[TOOL_CALLS]", "[TOOL_CALLS][{\"name\": \"NAME\", \"arguments\": {\"PARAMETER\": VALUE}, \"id\": \"NINE_LETTERS_OR_DIGITS\"}]\n")]
    [InlineData("[TOOL_CALLS][ARGS]", "[TOOL_CALLS]NAME[ARGS]{\"PARAMETER\": VALUE}\n")]
    [InlineData("[TOOL_CALLS][CALL_ID][ARGS]", "[TOOL_CALLS]NAME[CALL_ID]NINE_LETTERS_OR_DIGITS[ARGS]{\"PARAMETER\": VALUE}\n")]
    public void ToolsPrompt_TemplateThatDoesNotTellOfTools_ShowsTheFamilysForm(string template, string expected)
    {
        Assert.Contains(expected, MistralFormat.Of(template).ToolsPrompt(Answers.Tools), StringComparison.Ordinal);
        Assert.Null(MistralFormat.Of(template + "{{ tools }}").ToolsPrompt(Answers.Tools));
    }
}
