using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class LlamaFormatTests
{
    private const string Call = "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Oslo\"}}";
    private const string Called = "get_weather{\"city\":\"Oslo\"}";

    [Theory]
    [InlineData(Call, Called)]
    [InlineData("\n" + Call, Called)]
    [InlineData("<|python_tag|>" + Call, Called)]
    [InlineData("Wait. <|python_tag|>" + Call, "text(Wait.)" + Called)]
    [InlineData(Call + "; " + Call, Called + Called)]
    [InlineData(Call + "\n" + Call, Called + Called)]
    [InlineData("<|python_tag|>" + Call + "; " + Call, Called + Called)]
    [InlineData(Call + " Done.", Called + "text(Done.)")]
    [InlineData(Call + "; Done.", Called + "text(Done.)")]
    [InlineData("{ \"type\": \"function\",\n \"name\": \"get_time\", \"parameters\": {} }", "get_time{}")]
    [InlineData("{\"type\": \"function\", \"function\": {\"name\": \"get_time\", \"parameters\": {}}}", "get_time{}")]
    [InlineData("{\"name\": \"get_time\", \"arguments\": {}}", "get_time{}")]
    [InlineData("{\"name\": \"f\", \"parameters\": {a}}", "f!")]
    public void Parse_Calls_GivesThemOutWhole(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new LlamaFormat(), answer));

    [Theory]
    [InlineData("Hello {you}.")]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("{\"name\"")]
    [InlineData(" {\"city\": \"Oslo\"} ")]
    [InlineData("{\"name\": \"Ann\", \"age\": 3}")]
    [InlineData("{\"name\": \"Ann\", \"age\": 3")]
    [InlineData("{\"names\": [\"Ann\"]}")]
    [InlineData("[{\"name\": \"Ann\"}]")]
    [InlineData("Write " + Call)]
    [InlineData("{\"na<|python_ta")]
    public void Parse_OtherJson_IsText(string answer) => Assert.Equal($"text({answer})", Answers.Parse(new LlamaFormat(), answer));

    [Theory]
    [InlineData("{\"name\": \"get_weather\", \"parameters\": {\"ci", "")]
    [InlineData(Call + "; {\"name\": \"get_weather\", \"parameters\":", Called)]
    [InlineData("<|python_tag|>{\"name\": \"get_weather\", \"parameters\": {", "")]
    public void Finish_CallThatWasCut_IsDropped(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new LlamaFormat(), answer));

    [Theory]
    [InlineData("<|python_tag|>print(1)", "text(<|python_tag|>print(1))")]
    [InlineData("<|python_tag|>{\"code\": 1}", "text(<|python_tag|>{\"code\": 1})")]
    public void Parse_PythonTagWithoutCall_IsText(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new LlamaFormat(), answer));

    [Fact]
    public void Parse_ToolsNotExpected_IsText() => Assert.Equal($"text({Call})", Answers.Parse(new LlamaFormat(), Call, expectsTools: false));
}
