using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Naming;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Chat;

/// <summary>Validates compression settings and creates their policies: once for the client's own, once per call for a call's. Thread-safe.</summary>
internal sealed class CompressionSettings
{
    private readonly LlamaChatClientOptions _client;
    private readonly KvPolicyCatalog _policies;
    private readonly bool _observesQueries;
    private readonly bool _prefersNorms;
    private readonly KvCompressionPlanner _own;

    /// <param name="client">The client's options, which are valid.</param>
    /// <param name="policies">The policies by name.</param>
    /// <param name="observesQueries">Whether the prompt's queries can be observed.</param>
    /// <param name="prefersNorms">Whether <c>auto</c> goes without queries even so, since policies without them cost far less here.</param>
    public CompressionSettings(LlamaChatClientOptions client, KvPolicyCatalog policies, bool observesQueries, bool prefersNorms)
    {
        _client = client;
        _policies = policies;
        _observesQueries = observesQueries;
        _prefersNorms = prefersNorms;
        _own = Planner(client.Compression);
    }

    /// <summary>The validated settings of a call; the client's own if it has none.</summary>
    /// <exception cref="OptionsValidationException">A setting is invalid.</exception>
    public KvCompressionPlanner Of(KvCompressionOptions? call)
    {
        if (call is null || call == _client.Compression)
        {
            return _own;
        }

        List<string> failures = [.. KvCompressionOptionsValidation.NumberFailures(call, _client.ContextSize)];
        try
        {
            KvCompressionPlanner planner = Planner(call);
            if (failures.Count == 0)
            {
                return planner;
            }
        }
        catch (KvPolicyNameException e)
        {
            failures.Insert(0, KvCompressionOptionsValidation.PolicyFailure(e));
        }

        throw new OptionsValidationException(nameof(KvCompressionOptions), typeof(KvCompressionOptions), failures);
    }

    private KvCompressionPlanner Planner(KvCompressionOptions options) => new(options, _policies, _observesQueries, _prefersNorms);
}
