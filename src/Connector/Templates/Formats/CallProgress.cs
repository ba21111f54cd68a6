namespace CurKv.Connector.Templates.Formats;

/// <summary>How far the reading of a call is.</summary>
internal enum CallProgress
{
    /// <summary>More has to come.</summary>
    Going,

    /// <summary>The call is whole.</summary>
    Whole,

    /// <summary>It is no call: what was read is text.</summary>
    Refused,
}
