using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Tests.Templates.Formats;

public class QwenCoderFormatTests
{
    private const string Function = "<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>";
    private const string Call = "<tool_call>\n" + Function + "\n</tool_call>";
    private const string Called = "get_weather{\"city\":\"Oslo\",\"days\":3}";

    [Theory]
    [InlineData(Call, Called)]
    [InlineData("Wait.\n" + Call + "\n" + Call, "text(Wait.)" + Called + Called)]
    [InlineData(Function + "\n</tool_call>\n" + Call, Called + Called)]
    [InlineData("<tool_call><function=get_time></function></tool_call>", "get_time{}")]
    [InlineData("<tool_call><function=get_weather><parameter=city>42</parameter></function></tool_call>", "get_weather{\"city\":\"42\"}")]
    [InlineData("<tool_call><function=f><parameter=a>[1]</parameter><parameter=b>x y</parameter><parameter=c>null</parameter></function></tool_call>", "f{\"a\":[1],\"b\":\"x y\",\"c\":null}")]
    [InlineData("<tool_call><function=f><parameter=a>\n\n</tool_call> </function>\n\n</parameter></function></tool_call>", "f{\"a\":\"\\n</tool_call> </function>\\n\"}")]
    [InlineData("<tool_call>\n" + Function, Called)]
    [InlineData("<tool_call>\n<function=get_weather>\n<parameter=city>\nOs", "")]
    [InlineData("a <func <tool", "text(a <func <tool)")]
    [InlineData("<tool_call>nonsense</tool_call>", "text(<tool_call>nonsense</tool_call>)")]
    [InlineData("<think>Hm.</think>" + Call, "reasoning(Hm.)" + Called)]
    [InlineData("<think>Hm </tool_call> ha." + Call, "reasoning(Hm </tool_call> ha.)" + Called)]
    [InlineData("<think>Hm." + Call, "reasoning(Hm.)" + Called)]
    public void Parse_Calls_GivesThemOutWhole(string answer, string expected) => Assert.Equal(expected, Answers.Parse(new QwenCoderFormat(true), answer));
}
