namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>How <see cref="SnapKv"/> lets neighbours share their attention.</summary>
public enum SnapKvPooling
{
    /// <summary>The mean over the neighbourhood; what lies outside the prompt counts as zeros.</summary>
    Average,

    /// <summary>The maximum over the neighbourhood.</summary>
    Max,
}
