using System.Globalization;
using CurKv.Connector.Chat;
using CurKv.Connector.Templates;
using CurKv.Connector.Tests.Engine;
using CurKv.Connector.Tests.Templates.Formats;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Templates;

/// <summary>Conversations of any shape through the corpus' templates: what a template refuses or passes over is put into another shape, and nothing is lost.</summary>
public sealed class CorpusConversationTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Corpus");
    private static readonly ChatOptions Tools = new() { Tools = [.. Answers.Tools] };

    // The texts are numbered in the order in which they have to stand in the prompt.
    private static readonly Dictionary<string, (IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Conversations = new()
    {
        ["tools"] = ([User(0)], Tools),
        ["parallel results"] = ([User(0), Calling("a", "b"), Results(("a", 1), ("b", 2))], Tools),
        ["parallel results without tools"] = ([User(0), Calling("a", "b"), Results(("a", 1), ("b", 2))], null),
        ["results one by one"] = ([User(0), Calling("a", "b"), Results(("a", 1)), Results(("b", 2)), Assistant(3), User(4)], Tools),
        ["text behind results"] = ([User(0), Calling("a"), new(ChatRole.User, [Result("a", 1), new TextContent(Text(2))])], Tools),
        ["instructions"] = ([System(1), User(2)], new ChatOptions { Instructions = Text(0) }),
        ["instructions and tools"] = ([System(1), User(2)], new ChatOptions { Instructions = Text(0), Tools = Tools.Tools }),
        ["users in a row"] = ([User(0), User(1), Assistant(2), User(3), User(4)], null),
        ["assistants in a row"] = ([User(0), Assistant(1), Assistant(2), User(3)], null),
        ["odd roles"] = ([new(new ChatRole("System"), Text(0)), new(new ChatRole("developer"), Text(1)), new(new ChatRole("USER"), Text(2)), new(new ChatRole("Assistant"), Text(3)), User(4)], null),
        ["many turns"] = ([.. Enumerable.Range(0, 41).Select(i => i % 2 == 0 ? User(i) : Assistant(i))], null),
        ["a system message later"] = ([User(0), Assistant(1), System(2), User(3)], null),
    };

    /// <summary>Every template with every conversation.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string file in Directory.GetFiles(Folder, "*.jinja").Order(StringComparer.Ordinal))
            {
                foreach (string conversation in Conversations.Keys)
                {
                    data.Add(Path.GetFileNameWithoutExtension(file), conversation);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Build_TemplateAndConversation_EachTextStandsThereOnceAndInOrder(string family, string conversation)
    {
        string source = File.ReadAllText(Path.Combine(Folder, family + ".jinja"));
        using var fake = new FakeLlamaEngine();
        using var engine = new FakeLlamaEngine { Model = fake.Model with { ChatTemplate = source } };
        ChatTemplate template = ChatTemplate.Create(engine, null, TimeProvider.System, NullLogger.Instance);
        Assert.IsType<JinjaChatTemplate>(template);
        (IReadOnlyList<ChatMessage> messages, ChatOptions? options) = Conversations[conversation];
        IReadOnlyList<ChatTurn> turns = ConversationMapping.Map(messages, options);

        Prompt prompt = new PromptBuilder(engine, template).Build(new Conversation(turns) { Tools = [.. (options?.Tools ?? []).OfType<AIFunctionDeclaration>()] });

        // Some templates put system messages in front of all others, or into the user's last message.
        ILookup<bool, int> places = turns.Where(turn => turn.Content.Length > 0).ToLookup(turn => turn.Role == "system", turn => Place(prompt.Text, turn.Content));
        Assert.Equal(places[false].Order(), places[false]);
        Assert.Equal(places[true].Order(), places[true]);
        if (options?.Tools is not null)
        {
            Assert.Contains("get_weather", prompt.Text, StringComparison.Ordinal);
        }
    }

    // Where a text stands; once, and nowhere else.
    private static int Place(string prompt, string text)
    {
        int place = prompt.IndexOf(text, StringComparison.Ordinal);
        Assert.True(place >= 0, $"'{text}' is not in the prompt:\n{prompt}");
        Assert.True(prompt.LastIndexOf(text, StringComparison.Ordinal) == place, $"'{text}' is in the prompt twice:\n{prompt}");
        return place;
    }

    private static string Text(int number) => string.Create(CultureInfo.InvariantCulture, $"Text {number:000} ends.");

    private static ChatMessage System(int number) => new(ChatRole.System, Text(number));

    private static ChatMessage User(int number) => new(ChatRole.User, Text(number));

    private static ChatMessage Assistant(int number) => new(ChatRole.Assistant, Text(number));

    private static ChatMessage Calling(params string[] ids) => new(
        ChatRole.Assistant, [.. ids.Select(id => new FunctionCallContent(id, "get_weather", new Dictionary<string, object?> { ["city"] = "Oslo" }))]);

    private static ChatMessage Results(params (string Id, int Number)[] results) => new(ChatRole.Tool, [.. results.Select(result => (AIContent)Result(result.Id, result.Number))]);

    private static FunctionResultContent Result(string id, int number) => new(id, Text(number));
}
