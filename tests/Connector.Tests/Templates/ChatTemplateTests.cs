using System.Text;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates;
using CurKv.Connector.Tests.Models;
using CurKv.Connector.Tests.Templates.Formats;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace CurKv.Connector.Tests.Templates;

/// <summary>Which template renders, and what it is given.</summary>
public sealed class ChatTemplateTests : IDisposable
{
    private const string Plain = "{% for message in messages %}[{{ message.role }}]{{ message.content }}{% endfor %}";

    // Of the Llama family, which renders one call in a message only.
    private const string OneCall = """
        {#- <|start_header_id|> {"name": n, "parameters": p} -#}
        {%- for message in messages -%}
        [{{ message.role }}]{{ message.content }}
        {%- if message.tool_calls -%}
        {%- if message.tool_calls | length != 1 -%}{{ raise_exception('One call only.') }}{%- endif -%}
        {{ message.tool_calls[0].function.name }}({{ message.tool_calls[0].function.arguments | tojson }})
        {%- endif -%}
        {%- endfor -%}
        {%- if tools -%}{{ tools | length }} tools{%- endif -%}
        """;

    private readonly LlamaSharpEngine _engine = TestModels.Load(TestModels.Pebble);
    private readonly FakeLogger _logger = new();

    [Fact]
    public void Create_JinjaThatCannotBeRendered_FallsBackWithAWarning()
    {
        ChatTemplate template = Create("{% nothing %}<|im_start|>{{ messages }}");

        string text = template.Render(new Conversation([new("user", "What?")])).Text;

        Assert.Equal("<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\n", text);
        Assert.Equal("generic", template.Format.Name);
        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal(LogLevel.Warning, record.Level);
        Assert.Contains("nothing", record.Message, StringComparison.Ordinal);
        Assert.Contains(TestModels.Pebble, record.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chatml")]
    [InlineData(Plain)]
    public void Create_TemplateThatRenders_WarnsOfNothing(string? configured)
    {
        Create(configured);

        Assert.Equal(0, _logger.Collector.Count);
    }

    [Fact]
    public void Render_KnownTemplateAndTools_TellsThemInTheSystemPrompt()
    {
        string text = Create("chatml").Render(Calling()).Text;

        Assert.StartsWith("<|im_start|>system\nBe kind.\n\nYou can call these tools.", text, StringComparison.Ordinal);
        Assert.Contains("{\"name\":\"get_weather\",\"description\":\"Does get_weather.\",\"parameters\":{\"type\":\"object\"", text, StringComparison.Ordinal);
        Assert.EndsWith(
            """
            <|im_start|>user
            What?<|im_end|>
            <|im_start|>assistant
            Wait.
            <tool_call>
            {"name": "get_weather", "arguments": {"city":"Å"}}
            </tool_call>
            <tool_call>
            {"name": "get_time", "arguments": {}}
            </tool_call><|im_end|>
            <|im_start|>user
            <tool_response>
            12
            </tool_response>
            <tool_response>
            9°
            </tool_response><|im_end|>
            <|im_start|>assistant

            """,
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Render_JinjaThatKnowsNoTools_TellsThemInTheSystemPrompt()
    {
        ChatTemplate template = Create(Plain);

        string told = template.Render(new Conversation([new("user", "What?")]) { Tools = Answers.Tools }).Text;
        string history = template.Render(Calling() with { Tools = [] }).Text;

        Assert.StartsWith("[system]You can call these tools.", told, StringComparison.Ordinal);
        Assert.EndsWith("[user]What?", told, StringComparison.Ordinal);
        Assert.StartsWith("[system]Be kind.[user]What?[assistant]Wait.\n<tool_call>", history, StringComparison.Ordinal);
        Assert.EndsWith("[user]<tool_response>\n12\n</tool_response>\n<tool_response>\n9°\n</tool_response>", history, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_TemplateRaises_ThrowsItsMessage()
    {
        ChatTemplate template = Create("{% for message in messages %}{% if message.role != 'user' %}{{ raise_exception('Only users, not ' + message.role + 's.') }}{% endif %}{{ message.content }}{% endfor %}");

        ArgumentException e = Assert.Throws<ArgumentException>(() => template.Render(new Conversation([new("assistant", "That.")])));

        Assert.Contains("Only users, not assistants.", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, _logger.Collector.Count);
    }

    [Theory]
    [InlineData("{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}[{{ message.role }}]{{ message.content }}{% endfor %}")]
    [InlineData("{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('There is none.') }}{% endif %}[{{ message.role }}]{{ message.content }}{% endfor %}")]
    [InlineData("{% for message in messages %}{% if message.role not in ['user', 'assistant'] %}{{ raise_exception('Not ' + message.role) }}{% endif %}[{{ message.role }}]{{ message.content }}{% endfor %}")]
    [InlineData("{% for message in messages if message.role != 'system' %}[{{ message.role }}]{{ message.content }}{% endfor %}")]
    [InlineData("{% for message in messages %}{% if message.role == 'user' %}[user]{{ message.content }}{% else %}[assistant]{{ message.content }}{% endif %}{% endfor %}")]
    public void Render_TemplateWithoutSystemRole_PutsItIntoTheUsersMessage(string source)
    {
        string text = Create(source).Render(new Conversation([new("system", "Be kind."), new("user", "What?"), new("assistant", "That.")])).Text;

        Assert.Equal("[user]Be kind.\n\nWhat?[assistant]That.", text);
    }

    // Whatever an error says that it does not raise.
    [Fact]
    public void Render_TemplateWithSystemRole_GetsSystemMessages()
    {
        const string Source = "{% if messages | length == 0 %}{{ raise_exception('system role not supported') }}{% endif %}" + Plain;

        Assert.Equal("[system]Be kind.[user]What?[system]Now!", Create(Source).Render(new Conversation([new("system", "Be kind."), new("user", "What?"), new("system", "Now!")])).Text);
    }

    [Fact]
    public void Render_TemplateWithOneSystemMessage_GetsTheOthersInTheUsersMessage()
    {
        const string Source = "{% for message in messages %}{% if message.role == 'system' and not loop.first %}{{ raise_exception('Only first!') }}{% endif %}[{{ message.role }}]{{ message.content }}{% endfor %}";

        string text = Create(Source).Render(new Conversation([new("system", "Be kind."), new("system", "Be brief."), new("user", "What?"), new("assistant", "That."), new("system", "Now!"), new("user", "Why?")])).Text;

        Assert.Equal("[system]Be kind.\n\nBe brief.[user]What?[assistant]That.[user]Now!\n\nWhy?", text);
    }

    [Fact]
    public void Render_TemplateThatWantsRolesToAlternate_GetsNeighboursAsOneMessage()
    {
        const string Source = "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Alternate!') }}{% endif %}[{{ message.role }}]{{ message.content }}{% endfor %}";

        string text = Create(Source).Render(new Conversation([new("user", "What?"), new("user", "Well?"), new("assistant", "That."), new("assistant", "Or this."), new("user", "Why?")])).Text;

        Assert.Equal("[user]What?\n\nWell?[assistant]That.\n\nOr this.[user]Why?", text);
    }

    [Fact]
    public void Render_TemplateOfOneCall_GetsAMessageForEach()
    {
        string text = Create(OneCall).Render(Calling()).Text;

        Assert.Equal("[system]Be kind.[user]What?[assistant]Wait.get_weather({\"city\": \"Å\"})[tool]9°[assistant]get_time({})[tool]122 tools", text);
    }

    [Theory]
    [InlineData("{{ call.function.arguments }}", "{\"city\":\"Å\"}")]
    [InlineData("{{ '(' + call.function.arguments + ')' }}", "({\"city\":\"Å\"})")]
    [InlineData("{{ call.function.arguments | tojson }}", "{\"city\": \"Å\"}")]
    [InlineData("{% for name, value in call.function.arguments.items() %}{{ name }}={{ value }}{% endfor %}", "city=Å")]
    public void Render_Arguments_AreTextOnlyWhereTheTemplateWritesThem(string written, string expected)
    {
        string source = "{#- tools <tool_call> arguments -#}{% if tools %}<tool_call>{% endif %}{% for message in messages %}{{ message.content }}{% for call in message.tool_calls %}" + written + "{% endfor %}{% endfor %}";

        string text = Create(source).Render(new Conversation([new("user", "What?"), new("assistant", "") { Calls = [Call("1", "get_weather", ("city", "Å"))] }])).Text;

        Assert.Equal("What?" + expected, text);
    }

    [Fact]
    public void Render_Date_IsTheClocks()
    {
        ChatTemplate template = ChatTemplate.Create(_engine, "{{ strftime_now('%d %b %Y %H:%M') }} {{ messages[0].content }}", new FixedClock(), _logger);

        Assert.Equal("02 Jan 2031 13:45 What?", template.Render(new Conversation([new("user", "What?")])).Text);
    }

    [Fact]
    public void Build_Tools_RangeCoversThem()
    {
        Prompt prompt = new PromptBuilder(_engine, Create(null)).Build(Calling());
        string text = Text(prompt.Tokens[prompt.Tools.Start..prompt.Tools.End]);
        int tools = prompt.Text.IndexOf("{\"type\": \"function\"", StringComparison.Ordinal);
        int end = prompt.Text.IndexOf("\n</tools>\n", StringComparison.Ordinal);

        Assert.Contains(prompt.Text[tools..end], text, StringComparison.Ordinal);
        Assert.InRange(text.Length, end - tools, end - tools + 8);
        Assert.Equal(0, new PromptBuilder(_engine, Create(null)).Build(Calling() with { Tools = [] }).Tools.Length);
    }

    public void Dispose() => _engine.Dispose();

    private static FunctionCallContent Call(string id, string name, params (string Name, object? Value)[] arguments) => new(id, name, arguments.ToDictionary(argument => argument.Name, argument => argument.Value));

    // The results come in the other order.
    private static Conversation Calling() => new(
    [
        new("system", "Be kind."),
        new("user", "What?"),
        new("assistant", "Wait.") { Calls = [Call("1", "get_weather", ("city", "Å")), Call("2", "get_time")] },
        new("tool", "12") { CallId = "2", ToolName = "get_time" },
        new("tool", "9°") { CallId = "1", ToolName = "get_weather" },
    ])
    { Tools = Answers.Tools };

    private ChatTemplate Create(string? configured) => ChatTemplate.Create(_engine, configured, TimeProvider.System, _logger);

    private string Text(int[] tokens)
    {
        List<byte> bytes = [];
        byte[] piece = new byte[64];
        foreach (int token in tokens)
        {
            bytes.AddRange(piece[.._engine.Piece(token, piece, special: true)]);
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2031, 1, 2, 13, 45, 0, TimeSpan.Zero);
    }
}
