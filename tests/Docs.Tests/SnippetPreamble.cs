using CurKv.Connector.Chat;
using CurKv.KvPolicy.Policies;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace CurKv.Docs.Tests;

/// <summary>What every snippet may use without declaring it. A snippet's own variables and types hide these. Nothing of it is ever run.</summary>
public static class SnippetPreamble
{
    /// <summary>The application's services, before they are built.</summary>
    public static IServiceCollection services => throw new NotSupportedException();

    /// <summary>The application's services.</summary>
    public static IServiceProvider provider => throw new NotSupportedException();

    /// <summary>Any chat client.</summary>
    public static IChatClient client => throw new NotSupportedException();

    /// <summary>The client of this library.</summary>
    public static LlamaChatClient llama => throw new NotSupportedException();

    /// <summary>A document that was read.</summary>
    public static LlamaDocument handbook => throw new NotSupportedException();

    /// <summary>Options of a call.</summary>
    public static ChatOptions options => throw new NotSupportedException();

    /// <summary>A type to answer with.</summary>
    public sealed record Person(string Name, int Age);

    /// <summary>A policy of the application's own.</summary>
    public sealed class MyPolicy : IKvPolicy
    {
        /// <inheritdoc/>
        public string Name => "mine";

        /// <inheritdoc/>
        public KvPolicyInputs Inputs => KvPolicyInputs.None;

        /// <inheritdoc/>
        public void Score(in KvLayer layer, Span<float> scores) => scores.Fill(1);
    }
}
