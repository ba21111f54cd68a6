namespace CurKv.Jinja.Evaluation;

/// <summary>How statements ended.</summary>
internal enum JinjaFlow
{
    /// <summary>At their end.</summary>
    Through,

    /// <summary>At a <c>break</c>.</summary>
    Break,

    /// <summary>At a <c>continue</c>.</summary>
    Continue,
}
