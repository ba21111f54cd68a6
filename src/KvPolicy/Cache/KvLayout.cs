namespace CurKv.KvPolicy.Cache;

/// <summary>Which way a cached tensor lies in memory.</summary>
public enum KvLayout
{
    /// <summary>One row per token, holding head 0, head 1, …: every key tensor, and value tensors with FlashAttention on.</summary>
    TokenMajor,

    /// <summary>One row per channel (head 0's channels first), holding token 0, token 1, …: value tensors with FlashAttention off.</summary>
    ChannelMajor,
}
