using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class DeepSeekFormatTests
{
    private const string Fenced = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Oslo\"}\n```<｜tool▁call▁end｜>";
    private const string Bare = "<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Oslo\"}<｜tool▁call▁end｜>";
    private const string Called = "get_weather{\"city\":\"Oslo\"}";

    private static readonly DeepSeekFormat R1 = DeepSeekFormat.Of("<think>```json");
    private static readonly DeepSeekFormat V31 = DeepSeekFormat.Of("<think>{{ tools }}");

    [Theory]
    [InlineData("<｜tool▁calls▁begin｜>" + Fenced + "<｜tool▁calls▁end｜>", Called)]
    [InlineData("<｜tool▁calls▁begin｜>" + Fenced + "\n" + Fenced + "<｜tool▁calls▁end｜>", Called + Called)]
    [InlineData("Wait. <｜tool▁calls▁begin｜>" + Bare + Bare + "<｜tool▁calls▁end｜> Done.", "text(Wait.)" + Called + Called + "text(Done.)")]
    [InlineData(Bare, Called)]
    [InlineData("<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n{}<｜tool▁call▁end｜>", "get_time{}")]
    [InlineData("<｜tool▁call▁begin｜>get_time<｜tool▁sep｜><｜tool▁call▁end｜>", "get_time{}")]
    [InlineData("<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{a}\n```<｜tool▁call▁end｜>", "f!")]
    [InlineData("<｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": \"<｜tool▁call▁end｜>\"}<｜tool▁call▁end｜>", "f{\"a\":\"<｜tool▁call▁end｜>\"}")]
    [InlineData("a<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": ", "text(a)")]
    [InlineData("<｜tool▁calls▁be <｜", "text(<｜tool▁calls▁be <｜)")]
    public void Parse_Calls_GivesThemOutWhole(string answer, string expected)
    {
        Assert.Equal(expected, Answers.Parse(R1, answer));
        Assert.Equal(expected, Answers.Parse(V31, answer));
    }

    [Fact]
    public void Parse_ReasoningThatThePromptOpened_IsApart() =>
        Assert.Equal($"reasoning(Hm.)text(Well.){Called}", Answers.Parse(V31, $"Hm.</think>Well.<｜tool▁calls▁begin｜>{Bare}<｜tool▁calls▁end｜>", ReasoningStart.Open));

    [Fact]
    public void ToolsPrompt_TemplateThatDoesNotTellOfTools_ShowsTheFamilysForm()
    {
        Assert.Contains("<｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME\n```json\n", R1.ToolsPrompt(Answers.Tools), StringComparison.Ordinal);
        Assert.Null(V31.ToolsPrompt(Answers.Tools));
    }
}
