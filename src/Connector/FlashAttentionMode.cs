namespace CurKv.Connector;

/// <summary>Whether llama.cpp computes attention in one fused operation.</summary>
public enum FlashAttentionMode
{
    /// <summary>llama.cpp decides by the device.</summary>
    Auto,

    /// <summary>On: less memory, and needed for a quantised value cache.</summary>
    On,

    /// <summary>Off.</summary>
    Off,
}
