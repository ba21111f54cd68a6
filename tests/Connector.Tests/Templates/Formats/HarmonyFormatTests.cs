using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class HarmonyFormatTests
{
    private const string Called = "get_weather{\"city\":\"Oslo\"}";

    [Theory]
    [InlineData("<|channel|>final<|message|>Hello.", "text(Hello.)")]
    [InlineData("<|channel|>final<|message|>Hello. ", "text(Hello. )")]
    [InlineData("<|channel|>final<|message|>a <b> <| <|c|> <|end", "text(a <b> <| <|c|> <|end)")]
    [InlineData("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello.<|return|>", "reasoning(Hm.)text(Hello.)")]
    [InlineData("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>analysis<|message|>Ha.", "reasoning(Hm.\n\nHa.)")]
    [InlineData("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Oslo\"}", "reasoning(Hm.)" + Called)]
    [InlineData("<|channel|>commentary to=functions.get_weather<|message|>{\"city\": \"Oslo\"}<|call|>", Called)]
    [InlineData(" to=functions.get_weather<|channel|>commentary json<|message|>{\"city\": \"Oslo\"}", Called)]
    [InlineData("<|channel|>analysis to=functions.get_weather<|message|>{\"city\": \"<|end|\"}", "get_weather{\"city\":\"<|end|\"}")]
    [InlineData("<|channel|>commentary to=functions.get_weather<|message|>{\"city\": \"<|end|><|start|>\"}<|call|>", "get_weather{\"city\":\"<|end|><|start|>\"}")]
    [InlineData("<|channel|>commentary to=functions.f<|message|>{\"a\": \"b}<|call|>", "f!")]
    [InlineData("<|channel|>commentary<|message|>Wait.<|end|><|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{\"city\": \"Oslo\"}<|call|>", "text(Wait.)" + Called)]
    [InlineData("<|channel|>commentary to=assistant<|channel|>final<|message|>Hello.", "text(Hello.)")]
    [InlineData("<|channel|>commentary to=python<|message|>print(1)<|call|>", "python!")]
    [InlineData(" to=functions.get_time<|message|><|call|>", "get_time{}")]
    [InlineData(" to=functions.f<|message|>{a}<|call|>", "f!")]
    [InlineData(" to=functions.f<|message|>{\"a\": ", "")]
    [InlineData(" to=functions.f<|channel|>comm", "")]
    [InlineData("Hello.", "text(Hello.)")]
    [InlineData("to be", "text(to be)")]
    [InlineData(" to", "text( to)")]
    public void Parse_Messages_AreWhatTheirHeadersSay(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HarmonyFormat(), answer));

    [Theory]
    [InlineData("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello.", "reasoning(Hm.)text(Hello.)")]
    [InlineData("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant to=python<|channel|>commentary<|message|>print(1)", "reasoning(Hm.)")]
    public void Parse_ToolsNotExpected_DelimitersAreSyntaxNonetheless(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new HarmonyFormat(), answer, expectsTools: false));

    [Fact]
    public void Parse_PromptOpenedAnalysis_BeginsInside() =>
        Assert.Equal("reasoning(Hm.)text(Hello.)", Answers.Parse(new HarmonyFormat(), "Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello.", ReasoningStart.Open));

    [Fact]
    public void Parse_EmptyMessage_NothingStandsBeforeTheNext() =>
        Assert.Equal("text(Hello.\n\nBye.)", Answers.Parse(new HarmonyFormat(), "<|end|><|start|>assistant<|channel|>final<|message|>Hello.<|end|><|start|>assistant<|channel|>final<|message|>Bye.", ReasoningStart.Closed));

    [Theory]
    [InlineData("<|start|>assistant", ReasoningStart.Possible)]
    [InlineData("<|start|>assistant<|channel|>analysis<|message|>", ReasoningStart.Open)]
    [InlineData("<|start|>assistant<|channel|>final<|message|>", ReasoningStart.Closed)]
    internal void ReasoningAfter_Prompt_IsWhereItLeavesIt(string prompt, ReasoningStart expected) => Assert.Equal(expected, new HarmonyFormat().ReasoningAfter(prompt));
}
