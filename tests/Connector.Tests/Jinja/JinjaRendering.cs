using System.Text.Json.Nodes;
using CurKv.Jinja;

namespace CurKv.Connector.Tests.Jinja;

/// <summary>Renders templates for tests, at a fixed time: 2024-07-06 09:05:03.</summary>
internal static class JinjaRendering
{
    /// <summary>Renders a template.</summary>
    /// <param name="template">Its source.</param>
    /// <param name="context">The variables as JSON; null: none.</param>
    public static string Render(string template, string? context = null) => Output(template, context).Text;

    /// <summary>Renders a template, with the spans that came from the context.</summary>
    public static JinjaOutput Output(string template, string? context = null, JinjaLimits? limits = null) =>
        Output(JinjaTemplate.Parse(template), context is null ? [] : JsonNode.Parse(context)!.AsObject(), limits);

    /// <summary>Renders a parsed template.</summary>
    public static JinjaOutput Output(JinjaTemplate template, JsonObject context, JinjaLimits? limits = null) => template.Render(context, new StoppedClock(), limits);

    /// <summary>The error that a template ends with.</summary>
    public static JinjaException Error(string template, string? context = null, JinjaLimits? limits = null) =>
        Assert.Throws<JinjaException>(() => Output(template, context, limits));

    private sealed class StoppedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 6, 9, 5, 3, TimeSpan.Zero);
    }
}
