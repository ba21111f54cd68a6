using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CurKv.KvPolicy.Naming;

namespace CurKv.KvPolicy.Tests.Naming;

/// <summary>The numbers that the documentation calls defaults are those of the code.</summary>
public partial class DocumentedDefaultsTests
{
    private static readonly Assembly Library = typeof(KvPolicyCatalog).Assembly;

    private static readonly XDocument Documentation = XDocument.Load(Path.ChangeExtension(Library.Location, ".xml"));

    public static TheoryData<string> Usages() => [
        .. DocumentedUsage().Matches(NamesSection()).Select(row => row.Groups[1].Value),
        .. Documentation.Descendants("term").Select(term => term.Value)];

    public static TheoryData<string, string, double> Parameters() => [
        .. from member in Documentation.Descendants("member")
           from parameter in member.Elements("param")
           let match = NumberByDefault().Match(parameter.Value)
           where match.Success && Name(member).StartsWith("M:", StringComparison.Ordinal)
           select (Name(member), Name(parameter), double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    public static TheoryData<string, double> Properties() => [
        .. from value in Documentation.Descendants("value")
           let match = NumberByDefault().Match(value.Value)
           where match.Success && match.Index == 0
           select (Name(value.Parent!), double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [Theory]
    [MemberData(nameof(Usages))]
    public void Create_ArgumentsAtTheirDocumentedDefaults_IsThePolicyWithoutThem(string usage)
    {
        string text = usage.Replace("(policy", "(keydiff", StringComparison.Ordinal);
        string plain = text.Contains("(keydiff", StringComparison.Ordinal) ? $"{text[..text.IndexOf(',', StringComparison.Ordinal)]})" : text.Split('(')[0];

        // A policy's name leaves out what is the default.
        Assert.Equal(KvPolicyCatalog.Default.Create(plain).Name, KvPolicyCatalog.Default.Create(text).Name);
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Parameter_DocumentedDefault_IsItsOwn(string member, string parameter, double expected)
    {
        (Type type, string name) = Find(member);
        MethodBase[] methods = name == "#ctor" ? type.GetConstructors() : type.GetMethods();

        Assert.Contains(
            methods.Where(method => name == "#ctor" || method.Name == name).SelectMany(method => method.GetParameters()),
            candidate => candidate.Name == parameter && candidate.HasDefaultValue && Number(candidate.DefaultValue) == expected);
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Property_DocumentedDefault_IsItsOwn(string member, double expected)
    {
        (Type type, string name) = Find(member);
        ParameterInfo? parameter = type.GetConstructors()
            .SelectMany(constructor => constructor.GetParameters())
            .FirstOrDefault(candidate => candidate.Name!.Equals(name, StringComparison.OrdinalIgnoreCase));

        object? actual = parameter is { HasDefaultValue: true }
            ? parameter.DefaultValue
            : type.GetProperty(name)!.GetValue(Activator.CreateInstance(type));
        Assert.Equal(expected, Number(actual));
    }

    private static string NamesSection() =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Docs", "policy-names.md")).Split("## Names")[1];

    private static (Type Type, string Name) Find(string member)
    {
        string path = member[2..].Split('(')[0];
        int dot = path.LastIndexOf('.');
        return (Library.GetType(path[..dot], throwOnError: true)!, path[(dot + 1)..]);
    }

    private static string Name(XElement element) => element.Attribute("name")!.Value;

    private static double Number(object? value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| `([a-z-]+\([^`]*=[^`]*\))` \|", RegexOptions.Multiline)]
    private static partial Regex DocumentedUsage();

    [GeneratedRegex(@"\b([0-9]+(?:\.[0-9]+)?) by default")]
    private static partial Regex NumberByDefault();
}
