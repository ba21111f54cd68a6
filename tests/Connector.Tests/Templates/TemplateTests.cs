using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Templates;

/// <summary>Templates and prompts over the small trained model's own template and tokenizer.</summary>
public sealed class TemplateTests : IDisposable
{
    private readonly LlamaSharpEngine _engine = TestModels.Load(TestModels.Pebble);

    [Theory]
    [InlineData("nosuch")]
    [InlineData("")]
    [InlineData("{% if")]
    [InlineData("{{ nothing.of.that }}")]
    public void Constructor_UnknownTemplate_NamesTheSetting(string configured)
    {
        LlamaModelException e = Assert.Throws<LlamaModelException>(() => Create(_engine, configured));

        Assert.Equal(TestModels.Pebble, e.ModelPath);
        Assert.Contains($"\"{configured}\"", e.Message, StringComparison.Ordinal);
        Assert.Contains("ChatTemplate", ChatAdvice.Of(e), StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_ModelWithoutATemplate_NamesTheSetting()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(new RandomModel()));

        LlamaModelException e = Assert.Throws<LlamaModelException>(() => Create(engine, null));

        Assert.Contains("contains no chat template", e.Message, StringComparison.Ordinal);
        Assert.Contains("ChatTemplate", ChatAdvice.Of(e), StringComparison.Ordinal);
        Assert.NotNull(Create(engine, "chatml"));
    }

    [Fact]
    public void Render_ModelsOwnTemplate_IsChatMl()
    {
        string text = Create(_engine, null).Render(
            new Conversation([new("system", "Be kind."), new("user", "What?"), new("assistant", "That."), new("user", "Why? ✓")])).Text;

        Assert.Equal(
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\nThat.<|im_end|>\n<|im_start|>user\nWhy? ✓<|im_end|>\n<|im_start|>assistant\n",
            text);
    }

    [Fact]
    public void Render_ConfiguredName_IsUsedInsteadOfTheModels()
    {
        string text = Create(_engine, "llama3").Render(new Conversation([new("user", "What?")])).Text;

        Assert.Equal("<|start_header_id|>user<|end_header_id|>\n\nWhat?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", text);
    }

    [Fact]
    public void Render_LongConversation_IsWhole()
    {
        List<ChatTurn> turns = [.. Enumerable.Range(0, 200).Select(i => new ChatTurn(i % 2 == 0 ? "user" : "assistant", $"{i}"))];

        string text = Create(_engine, null).Render(new Conversation(turns)).Text;

        Assert.Equal(string.Concat(turns.Select(turn => $"<|im_start|>{turn.Role}\n{turn.Content}<|im_end|>\n")) + "<|im_start|>assistant\n", text);
    }

    [Fact]
    public void Build_Conversation_BeginsWithTheBeginOfSequenceTokenAndParsesTheTemplateTokens()
    {
        Prompt prompt = Builder().Build(new Conversation([new("user", "What?")]));

        Assert.Equal(1, prompt.Tokens.Count(token => token == prompt.Tokens[0]));
        Assert.Equal(_engine.Tokenize("<|im_end|>", addSpecial: false, parseSpecial: true)[0], Assert.Single(prompt.Tokens, _engine.IsEndOfGeneration));
        Assert.Equal("<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\n", prompt.Text);
    }

    // The system prompt's own words may stand in the template tokens before it.
    [Theory]
    [InlineData("You are a helpful assistant.")]
    [InlineData("system")]
    [InlineData("s")]
    [InlineData("im")]
    [InlineData("Answer: user")]
    [InlineData("  Spaces around  \n")]
    public void Build_SystemPrompt_RangeCoversItExactly(string system)
    {
        Prompt prompt = Builder().Build(new Conversation([new("system", system), new("user", "What? user system s")]));

        int[] expected = _engine.Tokenize("<|im_start|>system\n" + system, addSpecial: true, parseSpecial: true);
        Assert.Equal((0, expected.Length), (prompt.SystemPrompt.Start, prompt.SystemPrompt.End));
        Assert.Equal(expected, prompt.Tokens[..prompt.SystemPrompt.End]);
    }

    [Theory]
    [InlineData("What? user system", "That.", "Why? ✓ 漢字 😀")]
    [InlineData("  Spaces around\n", "assistant", "")]
    public void Build_Conversation_TemplateTokensIsAllButTheContents(string first, string answer, string second)
    {
        List<ChatTurn> turns = [new("system", "Be kind."), new("user", first), new("assistant", answer), new("user", second)];
        Prompt prompt = Builder().Build(new Conversation(turns));

        string templateTokens = string.Concat(prompt.TemplateTokens.Select(range => Text(prompt.Tokens[range.Start..range.End])));

        string expected = prompt.Text;
        foreach (ChatTurn turn in turns)
        {
            expected = expected.Replace($">{turn.Role}\n{turn.Content}<", $">{turn.Role}\n<", StringComparison.Ordinal);
        }

        Assert.Equal(expected, templateTokens);
    }

    [Theory]
    [InlineData("llama3", "<|start_header_id|>system<|end_header_id|>\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")]
    [InlineData("llama2-sys", "[INST] <<SYS>>\n\n<</SYS>>\n\n [/INST]")]
    [InlineData("gemma", "<start_of_turn>user\n\n\n<end_of_turn>\n<start_of_turn>model\n")]
    [InlineData("phi3", "<|system|>\n<|end|>\n<|user|>\n<|end|>\n<|assistant|>\n")]
    public void Build_OtherTemplate_TemplateTokensIsAllButTheContents(string template, string expected)
    {
        Prompt prompt = Builder(template).Build(new Conversation([new("system", "Be kind."), new("user", "What?")]));

        // Where template tokens and content share a token, it counts as template tokens.
        string templateTokens = string.Concat(prompt.TemplateTokens.Select(range => Text(prompt.Tokens[range.Start..range.End])));
        Assert.Equal(expected, templateTokens.Replace("?", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal));
    }

    [Fact]
    public void BuildDocument_TemplateTokens_GoesBeforeTheDocument()
    {
        Prompt part = Builder().BuildDocument("Be kind.", "A text.");

        Assert.Equal("<|im_start|>system\n<|im_end|>\n<|im_start|>user\n", string.Concat(part.TemplateTokens.Select(range => Text(part.Tokens[range.Start..range.End]))));
    }

    [Theory]
    [InlineData("user", "Be kind.")]
    [InlineData("system", "")]
    [InlineData("system", " \n")]
    public void Build_NoSystemPrompt_RangeIsEmpty(string role, string content) =>
        Assert.Equal(0, Builder().Build(new Conversation([new(role, content), new("user", "What?")])).SystemPrompt.Length);

    [Fact]
    public void Build_SystemMessageLater_RangeIsEmpty() =>
        Assert.Equal(0, Builder().Build(new Conversation([new("user", "What?"), new("system", "Be kind.")])).SystemPrompt.Length);

    [Theory]
    [InlineData(null)]
    [InlineData("chatml")]
    [InlineData("llama3")]
    [InlineData("llama2-sys")]
    [InlineData("gemma")]
    [InlineData("phi3")]
    [InlineData("zephyr")]
    public void BuildQuestion_AnyTemplate_PrefixAndQuestionAreTheWholePrompt(string? template)
    {
        PromptBuilder builder = Builder(template);
        foreach (string? instructions in new[] { null, "Be kind." })
        {
            const string Document = "A first line.\n\nA second one, with \"quotes\" and {{ braces }}.";
            List<ChatTurn> turns = [new("user", "What is the code?"), new("assistant", "4821."), new("user", "Why?")];
            Prompt part = builder.BuildDocument(instructions, Document);
            (string text, int[] question) = builder.BuildQuestion(part, instructions, Document, new Conversation(turns));

            turns[0] = turns[0] with { Content = $"{Document}\n\nWhat is the code?" };
            Prompt whole = builder.Build(new Conversation(instructions is null ? turns : [new("system", instructions), .. turns]));

            Assert.Equal(whole.Tokens, part.Tokens.Concat(question));
            Assert.Equal(whole.Text, text);
            Assert.StartsWith(part.Text, whole.Text, StringComparison.Ordinal);
            Assert.EndsWith($"{Document}\n\n", part.Text, StringComparison.Ordinal);
            Assert.Equal(whole.SystemPrompt, part.SystemPrompt);
        }
    }

    [Theory]
    [InlineData("A text.", "What?")]
    [InlineData("A text ending in a line.\n", "What?")]
    [InlineData("漢字 😀", "4821?")]
    [InlineData("1234", "5678")]
    public void BuildQuestion_AnyBorder_TokensAreTheWholePrompts(string document, string question)
    {
        PromptBuilder builder = Builder();
        Prompt part = builder.BuildDocument(null, document);

        int[] tokens = [.. part.Tokens, .. builder.BuildQuestion(part, null, document, new Conversation([new("user", question)])).Tokens];

        Assert.Equal(builder.Build(new Conversation([new("user", $"{document}\n\n{question}")])).Tokens, tokens);
    }

    [Fact]
    public void BuildQuestion_NotAUsersTurnFirst_Throws()
    {
        PromptBuilder builder = Builder();
        Prompt part = builder.BuildDocument(null, "A text.");

        Assert.Throws<ArgumentException>(() => builder.BuildQuestion(part, null, "A text.", new Conversation([])));
        Assert.Throws<ArgumentException>(() => builder.BuildQuestion(part, null, "A text.", new Conversation([new("assistant", "That.")])));
    }

    [Fact]
    public void BuildQuestion_OtherDocument_Throws()
    {
        PromptBuilder builder = Builder();
        Prompt part = builder.BuildDocument(null, "A text.");

        LlamaModelException e = Assert.Throws<LlamaModelException>(() => builder.BuildQuestion(part, null, "Another text.", new Conversation([new("user", "What?")])));

        Assert.Contains("Put the document into each prompt", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _engine.Dispose();

    private string Text(int[] tokens)
    {
        List<byte> bytes = [];
        byte[] piece = new byte[64];
        foreach (int token in tokens)
        {
            bytes.AddRange(piece[.._engine.Piece(token, piece, special: true)]);
        }

        return System.Text.Encoding.UTF8.GetString([.. bytes]);
    }

    private PromptBuilder Builder(string? template = null) => new(_engine, Create(_engine, template));

    private static ChatTemplate Create(ILlamaEngine engine, string? configured) => ChatTemplate.Create(engine, configured, TimeProvider.System, NullLogger.Instance);
}
