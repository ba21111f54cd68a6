using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>The contract over an engine that plays a model, and what only such an engine can be brought to do.</summary>
public sealed partial class FakeEngineConformanceTests : ChatClientConformance, IDisposable
{
    private readonly FakeLlamaEngine _engine;

    public FakeEngineConformanceTests()
        : this(NewEngine())
    {
    }

    private FakeEngineConformanceTests(FakeLlamaEngine engine)
        : base(engine.CreateClient(contextSize: 16_384)) => _engine = engine;

    public void Dispose() => Client.Dispose();

    protected override LlamaChatClient Create(int contextSize = 2048, int batchSize = 512) => NewEngine().CreateClient(contextSize, batchSize);

    // A family's template that knows tools, reasoning, and how to leave it out.
    private static FakeLlamaEngine NewEngine()
    {
        string template = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Corpus", "qwen-3.jinja"));
        var engine = new FakeLlamaEngine { Model = new FakeLlamaEngine().Model with { ChatTemplate = template } };
        engine.OnAnswer = FakeModel.Answer;
        engine.OnDecode = Slowly;
        return engine;
    }

    // So that an answer without end is not over before anybody has looked at it.
    private static DecodeStatus Slowly(int tokens)
    {
        Thread.Yield();
        return DecodeStatus.Ok;
    }

    /// <summary>Lets the engine answer so, token by token.</summary>
    private void Say(params IReadOnlyList<string> tokens) => _engine.OnAnswer = (_, _) => tokens.Select(Encoding.UTF8.GetBytes);

    /// <summary>Lets the engine answer so, in tokens of one byte each.</summary>
    private void SayBytes(string text) => _engine.OnAnswer = (_, _) => Encoding.UTF8.GetBytes(text).Select(each => new[] { each });

    /// <summary>The prompt that messages make.</summary>
    private async Task<string> PromptAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        _engine.Prompts.Clear();
        await InputTokensAsync(messages, options);
        return Assert.Single(_engine.Prompts);
    }

    private Task<string> PromptAsync(string text, ChatOptions? options = null) => PromptAsync([new ChatMessage(ChatRole.User, text)], options);
}
