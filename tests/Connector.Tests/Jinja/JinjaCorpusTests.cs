using System.Text.Json.Nodes;
using CurKv.Jinja;

namespace CurKv.Connector.Tests.Jinja;

/// <summary>
/// Templates written after many model families' prompt formats, over conversations with tools, calls, reasoning, parts and odd roles. What is
/// expected was made by another engine: see Corpus/expect.mjs.
/// </summary>
public sealed class JinjaCorpusTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Corpus");
    private static readonly JsonObject Expected = Read("expected.json").AsObject();
    private static readonly Dictionary<string, JsonNode> Contexts = Read("conversations.json").AsArray().ToDictionary(item => (string)item!["name"]!, item => item!["context"]!);

    /// <summary>Every template with every conversation that it is expected to render.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach ((string family, JsonNode? conversations) in Expected)
            {
                foreach ((string conversation, _) in conversations!.AsObject())
                {
                    data.Add(family, conversation);
                }
            }

            return data;
        }
    }

    [Fact]
    public void Corpus_EveryTemplate_HasExpectations() =>
        Assert.Equal(Directory.GetFiles(Folder, "*.jinja").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), Expected.Select(family => family.Key).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(All))]
    public void Render_TemplateAndConversation_IsAsTheOtherEngineHasIt(string family, string conversation)
    {
        JinjaTemplate template = JinjaTemplate.Parse(File.ReadAllText(Path.Combine(Folder, family + ".jinja")));
        JsonObject context = Contexts[conversation].DeepClone().AsObject();
        JsonNode expected = Expected[family]![conversation]!;

        if (expected is JsonObject refusal)
        {
            JinjaException e = Assert.Throws<JinjaException>(() => JinjaRendering.Output(template, context));
            Assert.True(e.IsRaisedByTemplate);
            Assert.Equal((string)refusal["raises"]!, e.What);
            return;
        }

        JinjaOutput output = JinjaRendering.Output(template, context);
        Assert.Equal((string)expected!, output.Text);
        AssertSpansAreInOrder(output);
    }

    private static void AssertSpansAreInOrder(JinjaOutput output)
    {
        int at = 0;
        foreach (JinjaSpan span in output.Inputs)
        {
            (int start, int length) = span.Range.GetOffsetAndLength(output.Text.Length);
            Assert.True(start >= at && length > 0, $"{span} does not follow {at}.");
            at = start + length;
        }
    }

    private static JsonNode Read(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, name)))!;
}
