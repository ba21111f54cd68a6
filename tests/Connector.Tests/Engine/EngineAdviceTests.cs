using CurKv.Connector.Chat;
using CurKv.Connector.Embeddings;

namespace CurKv.Connector.Tests.Engine;

/// <summary>The engine tells what went wrong; whoever made it tells which setting decides that.</summary>
public class EngineAdviceTests
{
    [Fact]
    public void Of_EachFault_NamesASettingOfTheClientThatMeetsIt()
    {
        LlamaFault[] chatOnly =
        [
            LlamaFault.CacheTooLarge, LlamaFault.ContextRefused, LlamaFault.PromptTooLong, LlamaFault.KeptTooLong, LlamaFault.WindowTooLarge,
            LlamaFault.CacheNotCompressible, LlamaFault.QueriesNotObserved, LlamaFault.PolicyUnsuited, LlamaFault.ElementsRotated,
            LlamaFault.ValuesRotated, LlamaFault.DocumentEvicted, LlamaFault.TemplateUnusable,
        ];
        LlamaFault[] embeddingOnly = [LlamaFault.BatchTooLarge, LlamaFault.NoVectors];
        foreach (LlamaFault fault in Enum.GetValues<LlamaFault>().Where(fault => fault != LlamaFault.None))
        {
            Assert.Equal(!embeddingOnly.Contains(fault), ChatAdvice.Of(fault)?.Contains($"{nameof(LlamaChatClientOptions)}.", StringComparison.Ordinal) == true);
            Assert.Equal(!chatOnly.Contains(fault), EmbeddingAdvice.Of(fault)?.Contains($"{nameof(LlamaEmbeddingGeneratorOptions)}.", StringComparison.Ordinal) == true);
        }

        Assert.Null(ChatAdvice.Of(LlamaFault.None));
        Assert.Null(EmbeddingAdvice.Of(LlamaFault.None));
    }

    [Fact]
    public void Message_Advised_FollowsTheFact()
    {
        var e = new LlamaNativeLibraryException("It is broken.") { Fault = LlamaFault.BackendNotLoaded };
        Assert.Equal("It is broken.", e.Message);

        ChatAdvice.AddTo(e);

        Assert.Equal("It is broken. Correct LlamaChatClientOptions.BackendPaths.", e.Message);
    }

    [Fact]
    public async Task Answer_ContextThatCannotBeMadeAgain_NamesTheSetting()
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("fine") };
        using LlamaChatClient client = engine.CreateClient();
        engine.OnRestore = () => throw new LlamaModelException("fake.gguf", "No context.") { Fault = LlamaFault.ContextRefused };
        LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: TestContext.Current.CancellationToken);

        var e = await Assert.ThrowsAsync<LlamaModelException>(() => document.GetResponseAsync(
            [new(Microsoft.Extensions.AI.ChatRole.User, "What?")], cancellationToken: TestContext.Current.CancellationToken));

        Assert.StartsWith("No context. Lower LlamaChatClientOptions.ContextSize", e.Message, StringComparison.Ordinal);
    }
}
