using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates.Formats;

public class TemplateCapabilitiesTests
{
    [Theory]
    [InlineData("{% if tools %}x{% endif %}", true)]
    [InlineData("{{- tools | tojson }}", true)]
    [InlineData("{% for t in xml_tools %}{% endfor %}", true)]
    [InlineData("tools", false)]
    [InlineData("{# tools #}", false)]
    [InlineData("{{ 'tools' }}", false)]
    [InlineData("{{ 'it\\'s tools }}' }}", false)]
    [InlineData("{% if builtin_tools %}{{ message.tools }}{% endif %}", false)]
    public void Tools_IsWhetherTheVariableIsUsed(string template, bool expected) => Assert.Equal(expected, TemplateCapabilities.Of(template).Tools);

    [Theory]
    [InlineData("{{ message.reasoning_content }}", "reasoning_content")]
    [InlineData("{{ message.thinking }}", "thinking")]
    [InlineData("{{ message['thinking'] }}", "thinking")]
    [InlineData("{{ message[\"thinking\"] }}", "thinking")]
    [InlineData("{{ 'message.thinking' }}", null)]
    [InlineData("{% if thinking %}{{ message.content }}{% endif %}", null)]
    public void ReasoningProperty_IsWhereTheTemplateLooks(string template, string? expected) => Assert.Equal(expected, TemplateCapabilities.Of(template).ReasoningProperty);

    [Fact]
    public void ToolsVariable_IsTheOneThatIsUsed()
    {
        Assert.Equal("tools", TemplateCapabilities.Of("{% if tools %}{% endif %}").ToolsVariable);
        Assert.Equal("xml_tools", TemplateCapabilities.Of("{% if xml_tools %}{% endif %}").ToolsVariable);
        Assert.Null(TemplateCapabilities.Of("").ToolsVariable);
    }

    // Templates come with files that nobody checked: what is read off them must not take longer than a model takes to load.
    [Theory]
    [InlineData("{{ \"{#\" }}{##}", "''", "")]
    [InlineData("{{ \"{#\" }}{##}{{ tools", "''", "")]
    [InlineData("", "{{", "")]
    [InlineData("{{ x }}", "{{ y ", "")]
    [InlineData("{{ ", "raise_exception('system", "")]
    [InlineData("{{ '", "raise_exception( 'system", "' }}")]
    [InlineData("{{ ", "message.arguments ", "}}")]
    [InlineData("", "{#", "")]
    [InlineData("", "{% raw %}", "")]
    public async Task Of_HostileTemplate_EndsSoon(string opening, string repeated, string rest)
    {
        string template = opening + string.Concat(Enumerable.Repeat(repeated, 20_000)) + rest;

        await Task.Run(() => TemplateCapabilities.Of(template), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("{{ call.arguments | tojson }}", false)]
    [InlineData("{% for k, v in call.arguments|items %}{% endfor %}", false)]
    [InlineData("{% if call.arguments is string %}{{ call.arguments }}{% else %}{{ call.arguments | tojson }}{% endif %}", false)]
    [InlineData("{{ call.function | tojson }}", false)]
    [InlineData("{{ 'x' + tool['function']['arguments'] + 'y' }}", true)]
    [InlineData("{{ tool.function.arguments }}", true)]
    [InlineData("{{- tool.function.arguments -}}", true)]
    [InlineData("{{ 'arguments' + 'x' }}", false)]
    [InlineData("{{ call.arguments ~ '' if call.arguments is not mapping }}", false)]
    [InlineData("{{ call.arguments", false)]
    public void ArgumentsAsText_IsWhetherTheyAreWrittenAsTheyAre(string template, bool expected) => Assert.Equal(expected, TemplateCapabilities.Of(template).ArgumentsAsText);

    [Theory]
    [InlineData("{% if enable_thinking is false %}{% endif %}", ReasoningEffort.None, "{\"enable_thinking\":false}")]
    [InlineData("{% if enable_thinking is false %}{% endif %}", ReasoningEffort.Low, "{\"enable_thinking\":true}")]
    [InlineData("{% if thinking %}{{ message.thinking }}{% endif %}", ReasoningEffort.None, "{\"thinking\":false}")]
    [InlineData("{{ message.thinking }}{{ block['thinking'] }}", ReasoningEffort.None, "{}")]
    [InlineData("{{ reasoning_effort }}", ReasoningEffort.None, "{\"reasoning_effort\":\"low\"}")]
    [InlineData("{{ reasoning_effort }}", ReasoningEffort.Medium, "{\"reasoning_effort\":\"medium\"}")]
    [InlineData("{{ reasoning_effort }}", ReasoningEffort.ExtraHigh, "{\"reasoning_effort\":\"high\"}")]
    [InlineData("{% if reasoning_effort in ['no_think', 'high', 'max'] %}{% endif %}", ReasoningEffort.None, "{\"reasoning_effort\":\"no_think\"}")]
    [InlineData("{% if reasoning_effort in ['no_think', 'high', 'max'] %}{% endif %}", ReasoningEffort.ExtraHigh, "{\"reasoning_effort\":\"max\"}")]
    [InlineData("{% if thinking_budget == 0 %}{% endif %}", ReasoningEffort.None, "{\"thinking_budget\":0}")]
    [InlineData("{{ messages }}", ReasoningEffort.High, "{}")]
    public void ReasoningVariables_Effort_IsInTheTemplatesWords(string template, ReasoningEffort effort, string expected) =>
        Assert.Equal(expected, TemplateCapabilities.Of(template).ReasoningVariables(new ReasoningOptions { Effort = effort }).ToJsonString());

    [Fact]
    public void ReasoningVariables_NoEffort_IsTheTemplatesDefault()
    {
        TemplateCapabilities capabilities = TemplateCapabilities.Of("{% if enable_thinking %}{{ reasoning_effort }}{% endif %}");

        Assert.Empty(capabilities.ReasoningVariables(null));
        Assert.Empty(capabilities.ReasoningVariables(new ReasoningOptions()));
    }
}
