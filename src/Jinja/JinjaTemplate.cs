using System.Text.Json.Nodes;
using CurKv.Jinja.Evaluation;
using CurKv.Jinja.Syntax;
using CurKv.Jinja.Values;

namespace CurKv.Jinja;

/// <summary>
/// A chat template in the dialect that Hugging Face models bring: Jinja 3 with <c>trim_blocks</c> and <c>lstrip_blocks</c>, loop controls,
/// <c>generation</c> blocks, <c>tojson</c>, <c>raise_exception</c> and <c>strftime_now</c>. It behaves as Jinja2 in Python does where it is
/// used. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Nothing of the host can be reached from a template: its values are <see cref="JinjaValue"/>s, its functions those of <see cref="JinjaGlobals"/>.
/// </remarks>
internal sealed class JinjaTemplate
{
    private readonly string _source;
    private readonly IReadOnlyList<JinjaStatement> _body;

    private JinjaTemplate(string source, IReadOnlyList<JinjaStatement> body)
    {
        _source = source;
        _body = body;
    }

    /// <summary>Parses a template.</summary>
    /// <exception cref="JinjaException">Its syntax is wrong, or it nests too deeply.</exception>
    public static JinjaTemplate Parse(string source)
    {
        string normalized = JinjaLexer.Normalize(source);
        return new JinjaTemplate(normalized, new JinjaParser(normalized).Parse());
    }

    /// <summary>Renders the template.</summary>
    /// <param name="context">The variables: <c>messages</c>, <c>tools</c>, <c>add_generation_prompt</c>, <c>bos_token</c> and the like.</param>
    /// <param name="clock">What <c>strftime_now</c> asks for the local time.</param>
    /// <param name="limits">What the template may use up; <see cref="JinjaLimits.Default"/> where null.</param>
    /// <exception cref="JinjaException">An error, a limit, or the template's own refusal.</exception>
    public JinjaOutput Render(JsonObject context, TimeProvider clock, JinjaLimits? limits = null) =>
        new JinjaInterpreter(_source, clock, limits ?? JinjaLimits.Default).Render(_body, context);
}
