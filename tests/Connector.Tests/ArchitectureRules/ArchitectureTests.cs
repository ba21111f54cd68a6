using System.Reflection;
using Mono.Cecil;

namespace CurKv.Connector.Tests.ArchitectureRules;

/// <summary>Compares what the compiled assemblies and the sources do with what <c>docs/architecture.md</c> says.</summary>
public class ArchitectureTests
{
    private const int MaxPublicTypes = 20;
    private static readonly string[] Projects = ["Connector", "KvPolicy", "Jinja", "Grammar"];
    private static readonly string Root = typeof(ArchitectureTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Root").Value!;
    private static readonly Lazy<TypeUse[]> Uses = new(ReadUses);

    private static HashSet<Arrow> Listed => ArrowList.Parse(File.ReadAllText(Path.Combine(Root, "docs", "architecture.md")));

    [Fact]
    public void Arrows_OfTheCode_AreListed()
    {
        HashSet<Arrow> listed = Listed;

        string[] unlisted = [.. Actual().Where(group => !listed.Contains(group.Key)).Select(group => $"{group.Key}: {string.Join(", ", group.Distinct().Take(5))}")];

        Assert.True(unlisted.Length == 0, string.Join('\n', unlisted.Order()));
    }

    [Fact]
    public void Arrows_OfTheList_AreInTheCode()
    {
        HashSet<Arrow> actual = [.. Actual().Select(group => group.Key)];

        string[] gone = [.. Listed.Except(actual).Select(arrow => arrow.ToString())];

        Assert.True(gone.Length == 0, string.Join('\n', gone.Order()));
    }

    [Fact]
    public void Arrows_OfTheList_HaveNoCircle() => Assert.Empty(ArrowList.Circle(Listed));

    [Theory]
    [InlineData("a → b|b → c|c → a", "a b c a")]
    [InlineData("a → b, c|b → d|c → d", "")]
    public void Circle_Arrows_IsFound(string lines, string circle) =>
        Assert.Equal(circle, string.Join(' ', ArrowList.Circle(ArrowList.Parse($"```arrows\n{lines.Replace('|', '\n')}\n```"))));

    [Fact]
    public void TemplateEngineAndGrammar_AboveTemplates_AreNotNamed() => Assert.DoesNotContain(Uses.Value, use =>
        IsWithin(use.FromSpace, "CurKv.Connector") && !IsWithin(use.FromSpace, "CurKv.Connector.Templates")
        && (IsWithin(use.ToSpace, "CurKv.Jinja") || IsWithin(use.ToSpace, "CurKv.Grammar")));

    [Fact]
    public void LLamaSharp_OutsideOfTheEngine_IsNotNamed() =>
        Assert.DoesNotContain(Uses.Value, use => IsWithin(use.ToSpace, "LLama") && !IsWithin(use.FromSpace, "CurKv.Connector.Engine"));

    [Fact]
    public void Uses_EngineOverLLamaSharp_AreSeen() =>
        Assert.Contains(Uses.Value, use => IsWithin(use.ToSpace, "LLama") && IsWithin(use.FromSpace, "CurKv.Connector.Engine"));

    [Fact]
    public void PublicTypes_OfTheConnector_AreFew()
    {
        using ModuleDefinition module = Read("Connector");
        string[] types = [.. module.Types.Where(type => type.IsPublic).Select(type => type.Name)];

        Assert.True(types.Length <= MaxPublicTypes, $"{types.Length} public types, {MaxPublicTypes} at most: {string.Join(", ", types.Order())}");
    }

    private static IEnumerable<IGrouping<Arrow, string>> Actual() =>
        from use in Uses.Value
        let arrow = Folders.Between(use.FromSpace, use.ToSpace)
        where arrow is not null
        group use.ToString() by arrow;

    private static TypeUse[] ReadUses()
    {
        ModuleDefinition[] modules = [.. Projects.Select(Read)];
        ILookup<string, string> types = modules.SelectMany(module => module.Types).ToLookup(type => type.Namespace, type => type.Name.Split('`')[0]);
        return
        [
            .. modules.SelectMany(AssemblyUses.Of),
            .. Projects.SelectMany(project => SourceUses.Of(Path.Combine(Root, "src", project), types)),
        ];
    }

    private static ModuleDefinition Read(string project) => ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, $"CurKv.{project}.dll"));

    private static bool IsWithin(string space, string parent) => space == parent || space.StartsWith($"{parent}.", StringComparison.Ordinal);
}
